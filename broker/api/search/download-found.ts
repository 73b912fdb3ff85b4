import { Readable } from "node:stream";
import { z } from "zod";
import { csvRow } from "../../../protocols/modbus/operation-list.ts";
import { parseQuery } from "../../../protocols/search/parse-query.ts";
import { TABLES, type Term } from "../../../protocols/search/terms.ts";
import type { Clock } from "../../clock.ts";
import type { Answer } from "../../evidence/search/search.ts";
import type { CatalogueEntry, Hit } from "../../evidence/search/search-messages.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { Download, endpoint } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";
import { isOwn, type Shown } from "../recordings/visible-recording.ts";
import { HITS_MAX, searchTextSchema } from "../shapes/search.ts";
import { askSearch, type SearchRouteParts } from "./ask-search.ts";
import { asked } from "./find-recorded.ts";

/** A spreadsheet takes a million lines; beyond this the search should be narrowed. */
const LINES_MAX = 100_000;

const FIELDS = [
  ...["time", "until", "count", "recording", "record", "person", "asset", "endpoint", "class"],
  ...["action", "points", "values", "verdict", "outcome", "rule", "reason", "text", "file"],
];

/** The content leaves the broker with it: an event, and of others' sessions a right of its own. */
export function downloadFound(
  parts: SearchRouteParts,
  siteLog: Pick<SiteEvents, "record">,
  clock: Clock,
) {
  return endpoint({
    summary: "What a search finds, as CSV",
    query: searchTextSchema,
    answer: z.string(),
    contentType: "text/csv; charset=utf-8",
    handle: async (call) => {
      const terms = termsOf(call.query.q, clock);
      const mayExport = (recording: Shown) =>
        isOwn(recording, call) || call.mayAt("recording:export", recording.header.asset.id);
      const page = (cursor: Answer["cursor"]) =>
        askSearch(parts, call, { terms, cursor, limit: HITS_MAX }, mayExport);
      const first = await page(undefined);
      const { person } = call.me;
      await siteLog.record({
        kind: "recording:search-exported",
        priority: "event",
        text: `${person.name} exported what a search of the recordings found: ${asked(terms)}`,
        subject: person.id,
      });
      const content = Readable.from(lines(first, page));
      const file = new Download("sallyport-search.csv", "text/csv; charset=utf-8", content);
      // A stream, which the document can only describe as text.
      return file as unknown as string;
    },
  });
}

function termsOf(text: string, clock: Clock): readonly Term[] {
  const local = (year: number, month: number, day: number, hour: number, minute: number) =>
    Date.UTC(year, month - 1, day, hour, minute);
  const parsed = parseQuery(text, { nowMs: clock.wallMs(), local });
  if (parsed.kind === "terms") return parsed.terms;
  throw new ApiRefused(400, "search-invalid", parsed.fault.message);
}

async function* lines(
  first: Answer,
  next: (cursor: Answer["cursor"]) => Promise<Answer>,
): AsyncGenerator<string> {
  yield csvRow(FIELDS);
  let count = 0;
  for (let page = first; ; page = await next(page.cursor)) {
    for (const hit of page.hits) yield line(hit, page.recordings.get(hit.session));
    count += page.hits.length;
    if (page.cursor === undefined) break;
    if (count < LINES_MAX) continue;
    yield csvRow([`There is more: only the first ${count} are in this file.`]);
    return;
  }
}

function line({ session, at, row }: Hit, recording: CatalogueEntry | undefined): string {
  const points = row.points.map(
    ({ tag, table, address }) => tag || `${TABLES[table] ?? ""} ${address}`,
  );
  const values = row.points.map(({ min, max }) => valuesText(min, max));
  const { header } = recording ?? {};
  return csvRow([
    ...[iso(row.atMs), iso(row.untilMs), row.count, session, at],
    ...[header?.subject.name ?? "", header?.asset.name ?? ""],
    header === undefined ? "" : `${header.asset.id}/${header.endpoint.id}`,
    ...[row.class ?? "", row.action, points.join(" "), values.join(" ")],
    ...[row.verdict ?? "", row.outcome ?? "", row.rule, row.reason, row.text, row.file],
  ]);
}

function valuesText(min: number, max: number): string {
  if (Number.isNaN(min)) return "?";
  return min === max ? String(min) : `${min}..${max}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
