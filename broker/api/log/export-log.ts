import { Readable } from "node:stream";
import { z } from "zod";
import type { PlantInForce } from "../../access/access.ts";
import type { AuditLog } from "../../evidence/audit/audit-log.ts";
import type { LeafFilter, LeafPlace } from "../../evidence/audit/leaf-index.ts";
import type { NewSiteEvent } from "../../store/site-events.ts";
import { Download, endpoint } from "../endpoint.ts";
import { filterOf, filterShape } from "./list-entries.ts";
import { pageView, withIndex } from "./log-views.ts";

/** What a person still opens; who needs all has the log's own files. */
const ENTRIES_MAX = 100_000;
const PAGE = 200;

/**
 * Lines of JSON. The checkpoints come first (`head`), then the leaves (`entry`) with their proofs
 * towards them; a log that grows meanwhile gives another head. The last line says how many there
 * are, and whether that is all (`end`).
 */
export function exportLog(
  audit: AuditLog,
  siteLog: { record(event: NewSiteEvent): Promise<unknown> },
  plant: Pick<PlantInForce, "current">,
) {
  return endpoint({
    summary: "Leaves of the site log with their proofs, as lines of JSON",
    query: z.strictObject(filterShape),
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async ({ query, me }) => {
      const { person } = me;
      const filter = filterOf(query, plant.current());
      const said = Object.entries(query).map(([name, value]) => `${name} ${value}`);
      await siteLog.record({
        kind: "log:exported",
        priority: "event",
        text: `${person.name} exported entries of the site log (${said.join(", ") || "all"})`,
        subject: person.id,
      });
      // Asked once before the answer begins: a failure is then still an answer.
      await withIndex(() => audit.page(filter, undefined, 1));
      const type = "application/x-ndjson; charset=utf-8";
      const file = new Download(
        "sallyport-log.ndjson",
        type,
        Readable.from(linesOf(audit, filter)),
      );
      // A stream, which the document can only describe as text.
      return file as unknown as string;
    },
  });
}

async function* linesOf(audit: AuditLog, filter: LeafFilter): AsyncIterable<string> {
  const told = new Set<string>();
  let count = 0;
  let before: LeafPlace | undefined;
  do {
    const found = await audit.page(filter, before, PAGE);
    const { heads, entries } = await pageView(audit, found);
    for (const head of heads) {
      if (told.has(head.note)) continue;
      told.add(head.note);
      yield lineOf({ head });
    }
    const sizes = new Map(heads.map(({ number, size }) => [number, size]));
    for (const entry of entries) yield lineOf({ entry, size: sizes.get(entry.log) });
    count += entries.length;
    before = found.next;
  } while (before !== undefined && count < ENTRIES_MAX);
  yield lineOf({ end: { entries: count, complete: before === undefined } });
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
