/**
 * `sallyport export`: recordings, and the site log's word on them, as one zip (or a folder) that
 * `sallyport verify` proves. Works beside a running broker, which notes it in the site log, or
 * does so at its next start.
 */
import path from "node:path";
import type { BundleScope } from "../../protocols/log/bundle-files.ts";
import type { Config } from "../config.ts";
import {
  BundleRefused,
  type BundleSource,
  writeBundle,
  writeRangeBundle,
} from "../evidence/log/write-bundle.ts";
import { commentsOnHost } from "../evidence/viewing/host-comments.ts";
import { siteLogFolder } from "../site-log-place.ts";
import { siteStoreIfThere } from "../site-store.ts";
import { noteExport } from "./note-on-host.ts";
import { StoredCopies } from "./stored-copies.ts";
import { visitRange } from "./visit-range.ts";

export interface ExportAsked {
  readonly session: string | undefined;
  readonly out?: string | undefined;
  readonly asset?: string | undefined;
  readonly person?: string | undefined;
  /** As people write dates: `2026-01-05`, `2026-01-05T08:00Z`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Any session of a visit, in the place of a range. */
  readonly visit?: string | undefined;
}

/** @returns what to tell the person. @throws BundleRefused */
export async function exportBundle(config: Config, given: ExportAsked): Promise<string> {
  const { session } = given;
  const asked = await withVisit(config, given);
  const isRange = [asked.asset, asked.person, asked.since, asked.until].some(
    (given) => given !== undefined,
  );
  if ((session !== undefined) === isRange) {
    throw new BundleRefused(
      "name one session, or a range with --since, --until, --asset, --person",
    );
  }
  const out = path.resolve(asked.out ?? `${session ?? "recordings"}.zip`);
  const { dataFolder } = config;
  const copies = new StoredCopies(config);
  const comments = await commentsOnHost(
    { dataFolder, open: () => siteStoreIfThere(config) },
    session,
  );
  const source = {
    recordings: path.join(config.evidenceFolder, "recordings"),
    siteLog: siteLogFolder(config),
    comments: (one: string, close: string) => comments.of(one, close),
    stored: (one: string, name: string) => copies.read(one, name),
  };
  const told =
    session === undefined
      ? await exportRange(source, asked, out)
      : await exportOne(source, session, out);
  await noteExport(config, told.what, session);
  const without = comments.missing === undefined ? "" : `${comments.missing}\n\n`;
  return `${out}\n\n${told.text}${without}Check it with: sallyport verify ${out} --policy FILE\n`;
}

async function withVisit(config: Config, asked: ExportAsked): Promise<ExportAsked> {
  const { session, out, visit, ...range } = asked;
  if (visit === undefined) return asked;
  if (session !== undefined || Object.values(range).some((given) => given !== undefined)) {
    throw new BundleRefused("--visit names the range by itself");
  }
  const recordings = path.join(config.evidenceFolder, "recordings");
  const of = await visitRange(recordings, visit);
  return { session: undefined, out: out ?? `visit-${visit}.zip`, ...of };
}

interface Told {
  readonly what: string;
  readonly text: string;
}

async function exportOne(source: BundleSource, session: string, out: string): Promise<Told> {
  await writeBundle(source, session, out);
  return { what: session, text: "" };
}

async function exportRange(source: BundleSource, asked: ExportAsked, out: string): Promise<Told> {
  const { asset, person } = asked;
  const [sinceMs, untilMs] = [timeOf(asked.since, "--since"), timeOf(asked.until, "--until")];
  const scope: BundleScope = {
    ...(asset === undefined ? {} : { asset }),
    ...(person === undefined ? {} : { person }),
  };
  const { sessions, deleted, open, missing, nextMs } = await writeRangeBundle(
    source,
    {
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
      scope,
    },
    out,
  );
  const counts = `${sessions} sessions: ${deleted} deleted by policy, ${open} not ended yet.\n`;
  const gone = missing.map((session) => `MISSING: the recording of ${session} is gone.\n`).join("");
  const next =
    nextMs === undefined
      ? ""
      : `The log's key was changed at ${new Date(nextMs).toISOString()}: what came after is in the next log (--since that time).\n`;
  const what = JSON.stringify({ ...scope, since: asked.since, until: asked.until });
  return { what, text: `${counts}${gone}${next}\n` };
}

function timeOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new BundleRefused(`${flag} must be a time such as 2026-01-05 or 2026-01-05T08:00Z`);
}
