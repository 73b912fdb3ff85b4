/**
 * Copies recordings and the log's word on them into a bundle that proves itself offline: of one
 * session, or of all that began in a time, with the proof that none of them is left out.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { type BundleScope, INVENTORY, inventoryText } from "../../../protocols/log/bundle-files.ts";
import { parseProgress } from "../../../protocols/log/progress.ts";
import { parseIndex } from "../descriptions.ts";
import { diskVolume } from "../disk-volume.ts";
import { isSessionId } from "../session-id.ts";
import {
  bestOf,
  notesOf,
  readLeaves,
  writeEarlier,
  writeLeaves,
  writeRange,
} from "./bundle-log.ts";
import { type BundleSink, openSink, ZipStream } from "./bundle-sink.ts";
import { generationsIn } from "./generations.ts";
import type { PublishedNote } from "./history.ts";
import { TileFiles } from "./tile-files.ts";
import { entriesAbout, readTold, type ToldSession } from "./told-sessions.ts";

/** There is nothing to export, or not yet; the message is for a person. */
export class BundleRefused extends Error {
  override readonly name = "BundleRefused";
}

export interface BundleSource {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Directory of the site log. */
  readonly siteLog: string;
  /** What people said about a recording, of which this is the SHA-256 of its end: lines, or nothing. */
  comments?(session: string, close: string): string;
  /** A segment that is not in the folder, where an object store has it. */
  stored?(session: string, name: string): Promise<Uint8Array | undefined>;
}

export interface RangeAsked {
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly scope: BundleScope;
}

export interface WrittenRange {
  readonly sessions: number;
  readonly deleted: number;
  /** Not ended when the log was signed. */
  readonly open: number;
  /** Sessions whose recording should be there and is not: the bundle will not be proved. */
  readonly missing: readonly string[];
  /** When a later log began, under another key: what came after is there. */
  readonly nextMs: number | undefined;
}

/** @param out a new folder, or a new file whose name ends with `.zip`. @throws BundleRefused */
export async function writeBundle(
  source: BundleSource,
  session: string,
  out: string,
): Promise<void> {
  const found = await findRecorded(source, session);
  await intoSink(newSink(out), (bundle) => fill(bundle, source, session, found));
}

/**
 * The same as a zip, made while it is read: whoever stops reading ends it. It fails, instead of
 * ending, where something was missing on the way. @throws BundleRefused before a byte of it
 */
export async function streamBundle(source: BundleSource, session: string): Promise<Readable> {
  const found = await findRecorded(source, session);
  const zip = new ZipStream();
  intoSink(zip, (bundle) => fill(bundle, source, session, found)).catch((error: unknown) =>
    zip.output.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return zip.output;
}

async function findRecorded({ recordings, siteLog }: BundleSource, session: string) {
  const folder = path.join(recordings, session);
  if (isSessionId(session) && existsSync(folder)) return findSession(siteLog, session, folder);
  throw new BundleRefused(`there is no recording of session ${JSON.stringify(session)}`);
}

async function fill(
  bundle: Bundle,
  source: BundleSource,
  session: string,
  { log, head, leaves, openIndex }: Awaited<ReturnType<typeof findSession>>,
) {
  const folder = path.join(source.recordings, session);
  await bundle.copyRecording(folder, session, source);
  await bundle.addComments(source, session);
  const known = new Set(leaves.map(({ index }) => index));
  const more = progressIndexes(folder).filter((index) => !known.has(index));
  const write = bundle.write;
  const all = [...leaves, ...(await readLeaves(log.tiles, more))];
  await writeLeaves(log.tiles, head, all, write);
  await write("log/checkpoint", Buffer.from(head.note));
  await writeEarlier(log.folder, log.tiles, head, openIndex, write);
  return { sessions: [session], scope: undefined };
}

/** All sessions that began in this time, of this scope. @throws BundleRefused */
export async function writeRangeBundle(
  source: BundleSource,
  asked: RangeAsked,
  out: string,
): Promise<WrittenRange> {
  const { log, nextMs } = await logAt(source.siteLog, asked.sinceMs ?? 0);
  const { head, first, end, sessions } = await headAndSessions(source, log, asked);
  if (first >= end) throw new BundleRefused("the site log has nothing from this time");
  const counts = { sessions: sessions.length, deleted: 0, open: 0 };
  const missing: string[] = [];
  await intoSink(newSink(out), async (bundle) => {
    const singles = new Set<number>();
    for (const told of sessions) {
      const folder = path.join(source.recordings, told.session);
      if (told.closeIndex === undefined) counts.open += 1;
      else if (existsSync(path.join(folder, "close.json"))) {
        await bundle.copyRecording(folder, told.session, source);
        await bundle.addComments(source, told.session);
        for (const index of progressIndexes(folder)) singles.add(index);
      } else if (await isRecorded(log.tiles, told.closeIndex)) missing.push(told.session);
      if (isDeleted(folder)) counts.deleted += 1;
      for (const index of [told.closeIndex, told.deletedIndex]) {
        if (index !== undefined) singles.add(index);
      }
    }
    const outside = [...singles].filter((index) => index < first || index >= end);
    const leaves = await readLeaves(
      log.tiles,
      outside.sort((a, b) => a - b),
    );
    await writeLeaves(log.tiles, head, leaves, bundle.write);
    await writeRange(log.tiles, head, first, end, bundle.write);
    await bundle.write("log/checkpoint", Buffer.from(head.note));
    await writeEarlier(log.folder, log.tiles, head, first, bundle.write);
    return { sessions: sessions.map(({ session }) => session), scope: asked.scope };
  });
  const isBehind = nextMs !== undefined && nextMs < (asked.untilMs ?? Number.MAX_SAFE_INTEGER);
  return { ...counts, missing, nextMs: isBehind ? nextMs : undefined };
}

interface OpenLog {
  readonly folder: string;
  readonly tiles: TileFiles;
}

/** What goes into a bundle, and the inventory last: it names all of it. */
class Bundle {
  readonly files = new Map<string, string>();
  private readonly sink: BundleSink;

  constructor(sink: BundleSink) {
    this.sink = sink;
  }

  write = async (name: string, bytes: Uint8Array): Promise<void> => {
    this.files.set(name, await this.sink.add(name, bytes));
  };

  /** A segment that is nowhere is left out, so that whoever verifies is told so. */
  async copyRecording(
    folder: string,
    session: string,
    { stored }: Pick<BundleSource, "stored">,
  ): Promise<void> {
    const names = isDeleted(folder) ? REMAINS : [...DESCRIBED, ...segmentsOf(folder)];
    for (const name of names) {
      const file = path.join(folder, name);
      const inside = `recordings/${session}/${name}`;
      if (existsSync(file)) this.files.set(inside, await this.sink.add(inside, { file }));
      else if (name.startsWith("segments/")) {
        const bytes = await stored?.(session, name);
        if (bytes) await this.write(inside, bytes);
      }
    }
  }

  /** Of one that was deleted nothing is said any more. */
  async addComments({ comments }: BundleSource, session: string): Promise<void> {
    const folder = `recordings/${session}`;
    const close = this.files.get(`${folder}/close.json`);
    if (close === undefined || this.files.has(`${folder}/tombstone.json`)) return;
    const text = comments?.(session, close) ?? "";
    if (text !== "") await this.write(`comments/${session}.ndjson`, Buffer.from(text));
  }
}

const DESCRIBED = ["manifest.json", "index", "close.json", "progress"];
const REMAINS = ["manifest.json", "close.json", "tombstone.json"];

/** @throws BundleRefused where something of that name is there */
function newSink(out: string): BundleSink {
  if (existsSync(out)) throw new BundleRefused(`${out} is there already: name a new one`);
  return openSink(out);
}

async function intoSink(
  sink: BundleSink,
  work: (
    bundle: Bundle,
  ) => Promise<{ readonly sessions: string[]; scope: BundleScope | undefined }>,
): Promise<void> {
  try {
    const bundle = new Bundle(sink);
    const { sessions, scope } = await work(bundle);
    await sink.add(INVENTORY, Buffer.from(inventoryText(bundle.files, sessions, scope)));
    await sink.finish();
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

/** Those that lie there, and those that the index names: an object store may have them. */
function segmentsOf(folder: string): readonly string[] {
  const segments = path.join(folder, "segments");
  const here = existsSync(segments) ? readdirSync(segments) : [];
  const names = here.filter((name) => /^\d+\.seg$/.test(name));
  const index = path.join(folder, "index");
  const { lines } = parseIndex(existsSync(index) ? readFileSync(index) : new Uint8Array());
  return [...new Set([...names, ...lines.map(({ number }) => `${number}.seg`)])]
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => `segments/${name}`);
}

function progressIndexes(folder: string): readonly number[] {
  const file = path.join(folder, "progress");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return [...new Set(lines.flatMap((line) => parseProgress(line)?.index ?? []))];
}

function isDeleted(folder: string): boolean {
  return existsSync(path.join(folder, "tombstone.json"));
}

const DELETED_LATELY =
  "a recording was deleted, and the site log is not signed that far: try again soon";

/** What the log says of a session, newest log first. @param folder of its recording */
async function findSession(siteLog: string, session: string, folder: string) {
  for (const log of (await logsIn(siteLog)).toReversed()) {
    const notes = await notesOf(log.folder);
    const entries = await entriesAbout(log.tiles, notes[0]?.size ?? 0, session);
    const open = entries.find(({ event }) => event.kind === "session.open");
    const close = entries.find(({ event: { kind } }) => isEnd(kind));
    if (!open) continue;
    if (!close) throw new BundleRefused("its end is not in the site log yet: end it, or try again");
    // A checkpoint with all cosignatures may be older than the end of what was deleted since.
    const deleted = entries.find(({ event }) => event.name === "recording:deleted");
    if (isDeleted(folder) && !deleted) throw new BundleRefused(DELETED_LATELY);
    const last = Math.max(close.index, deleted?.index ?? 0);
    const head = bestOf(notes, (size) => size > last);
    if (!head) throw new BundleRefused("its end is not under a checkpoint yet: try again soon");
    const leaves = entries.filter(({ index }) => index < head.size);
    return { log, head, leaves, openIndex: open.index };
  }
  throw new BundleRefused("the site log does not tell of this session");
}

function isEnd(kind: unknown): boolean {
  return kind === "session.close" || kind === "session.aborted";
}

async function logsIn(siteLog: string): Promise<readonly OpenLog[]> {
  const numbers = await generationsIn(diskVolume, siteLog);
  return numbers.map((number) => {
    const folder = path.join(siteLog, String(number));
    return { folder, tiles: new TileFiles(diskVolume, folder) };
  });
}

/** The log that was in force at a time; a range lies in one, since each has a key of its own. */
async function logAt(
  siteLog: string,
  sinceMs: number,
): Promise<{ readonly log: OpenLog; readonly nextMs: number | undefined }> {
  const logs = await logsIn(siteLog);
  let nextMs: number | undefined;
  for (const log of logs.toReversed()) {
    const [first] = await readLeaves(log.tiles, [0]).catch(() => []);
    const began = first && JSON.parse(new TextDecoder().decode(first.bytes)).atMs;
    // One that is damaged was replaced by the next.
    if (typeof began !== "number") continue;
    if (began <= sinceMs || log === logs[0]) return { log, nextMs };
    nextMs = began;
  }
  throw new BundleRefused("there is no site log of this time");
}

/**
 * The checkpoint that most have signed, unless recordings were deleted after it: their tombstones
 * are proved by later leaves only.
 */
async function headAndSessions(source: BundleSource, log: OpenLog, asked: RangeAsked) {
  const notes = await notesOf(log.folder);
  const best = bestOf(notes, (size) => size > 0);
  if (!best) throw new BundleRefused("the site log has no checkpoint that can be read");
  const isLeft = ({ session, closeIndex, deletedIndex }: ToldSession) =>
    closeIndex !== undefined &&
    deletedIndex === undefined &&
    isDeleted(path.join(source.recordings, session));
  const chosen = await chooseSessions(log, best, asked);
  if (!chosen.sessions.some(isLeft)) return { head: best, ...chosen };
  const [newest = best] = notes;
  const { sessions } = await chooseSessions(log, newest, asked);
  if (sessions.some(isLeft)) throw new BundleRefused(DELETED_LATELY);
  const last = Math.max(...sessions.map(({ deletedIndex = 0 }) => deletedIndex));
  const head = bestOf(notes, (size) => size > last) ?? newest;
  return { head, ...(await chooseSessions(log, head, asked)) };
}

async function chooseSessions({ tiles }: OpenLog, head: PublishedNote, asked: RangeAsked) {
  const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER, scope } = asked;
  const { first, end, sessions } = await readTold(tiles, head.size, sinceMs, untilMs);
  const begunBefore = (limit: number) =>
    [...sessions.values()].filter((told) => isAsked(told, scope, first, limit));
  const chosen = begunBefore(end);
  // That one has not ended is shown by all that the log has since.
  const isOpen = chosen.some(({ closeIndex }) => closeIndex === undefined);
  return isOpen
    ? { first, end: head.size, sessions: begunBefore(head.size) }
    : { first, end, sessions: chosen };
}

function isAsked(told: ToldSession, scope: BundleScope, first: number, end: number): boolean {
  if (told.openIndex < first || told.openIndex >= end) return false;
  if (scope.asset !== undefined && told.asset !== scope.asset) return false;
  return scope.person === undefined || told.person === scope.person;
}

/** False for a session that ended with nothing recorded. */
async function isRecorded(tiles: TileFiles, closeIndex: number): Promise<boolean> {
  const [leaf] = await readLeaves(tiles, [closeIndex]);
  return leaf !== undefined && "files" in JSON.parse(new TextDecoder().decode(leaf.bytes));
}
