/**
 * Reading recordings: the folders are the listing, and what is not sealed yet comes from the
 * sealer.
 *
 * History, then live, without gap or duplicate: `follow` the tape first and keep what it tells,
 * then fetch the segments, then go on with the kept records whose `sequence` is above the last
 * one fetched. It works since a fetch first waits until all that was appended before it has
 * reached the sealer.
 */
import path from "node:path";
import type { Header } from "../../protocols/tape/record.ts";
import { Catalogue } from "./catalogue.ts";
import { addLine, NOTHING, type Totals } from "./closing.ts";
import type { Close, Hold, IndexLine, Tombstone } from "./descriptions.ts";
import type { EvidenceKeys } from "./keys.ts";
import { CLOSED_REMEMBERED_MAX } from "./limits.ts";
import { OpenedSegments } from "./opening/opened-segments.ts";
import type { SealedBytes } from "./opening/segment-opener.ts";
import { RecordingFolder } from "./recording-folder.ts";
import {
  NOT_CLOSED_YET,
  type Recording,
  type RecordingHead,
  type Recordings,
  type RecordingsPage,
  type SegmentEntry,
} from "./recordings.ts";
import type { Retention } from "./retention.ts";
import { wholeFrame } from "./screens/whole-frame.ts";
import type { SealerLink } from "./sealer-link.ts";
import { isSessionId } from "./session-id.ts";
import type { Unsealed } from "./unsealed-recording.ts";
import type { Volume } from "./volume.ts";

export interface LibraryOptions {
  readonly volume: Volume;
  readonly recordings: string;
  /** The file that knows what lists are narrowed by. */
  readonly catalogue: string;
  readonly sealer: SealerLink;
  readonly keys: EvidenceKeys;
  /** Resolves once all that was appended before the call is durable, or has failed. */
  readonly settle: () => Promise<void>;
  /** Whether the session is being recorded by this process. */
  readonly isLive: (session: string) => boolean;
  readonly retention: Pick<Retention, "hold" | "release">;
  /** Segments are opened in this thread: for tests that bring their own volume. */
  readonly openHere: boolean;
}

export class RecordingsLibrary implements Recordings {
  private readonly options: LibraryOptions;
  private readonly closed = new Map<string, Recording>();
  private readonly catalogue: Catalogue;
  private readonly opened: OpenedSegments;

  constructor(options: LibraryOptions) {
    this.options = options;
    this.catalogue = new Catalogue(options.volume, options.catalogue);
    this.opened = new OpenedSegments(options.keys, options.openHere);
  }

  async list(): Promise<readonly Recording[]> {
    const { volume, recordings } = this.options;
    const sessions = (await volume.list(recordings)).filter(isSessionId);
    const unsealed = await this.unsealed(undefined);
    const found: Recording[] = [];
    for (const session of sessions) {
      const recording = await this.read(session, unsealed.get(session));
      if (recording !== undefined) found.push(recording);
    }
    return found.sort((a, b) => b.startedMs - a.startedMs);
  }

  async page({ after, limit, wanted }: RecordingsPage): Promise<readonly Recording[]> {
    const unsealed = await this.unsealed(undefined);
    const heads = (await this.allHeads(unsealed)).filter(wanted).sort(newestFirst);
    const from = after === undefined ? 0 : heads.findIndex(({ session }) => session === after) + 1;
    if (after !== undefined && from === 0) return [];
    const sessions = heads.slice(from, from + limit).map(({ session }) => session);
    const found = await inParts(sessions, (session) => this.read(session, unsealed.get(session)));
    // What the folder says counts, whatever the catalogue said.
    return found.filter((recording) => wanted(headFrom(recording)));
  }

  async heads(wanted: (head: RecordingHead) => boolean): Promise<readonly RecordingHead[]> {
    return (await this.allHeads(await this.unsealed(undefined))).filter(wanted);
  }

  /** Closed recordings do not change: each is read once for its head, by whichever run. */
  private async allHeads(unsealed: ReadonlyMap<string, Unsealed>): Promise<RecordingHead[]> {
    const { volume, recordings } = this.options;
    await this.catalogue.load();
    const sessions = (await volume.list(recordings)).filter(isSessionId);
    const known: RecordingHead[] = [];
    const unknown = sessions.filter((session) => {
      const head = this.catalogue.get(session);
      if (head !== undefined) known.push(head);
      return head === undefined;
    });
    const read = await inParts(unknown, (session) => this.headOf(session, unsealed.get(session)));
    void this.catalogue.save();
    return [...known, ...read];
  }

  private async headOf(
    session: string,
    unsealed: Unsealed | undefined,
  ): Promise<RecordingHead | undefined> {
    const known = this.catalogue.get(session);
    if (known !== undefined) return known;
    const recording = await this.read(session, unsealed);
    if (recording === undefined) return undefined;
    const head = headFrom(recording);
    if (this.closed.has(session)) this.catalogue.keep(head);
    return head;
  }

  async get(session: string): Promise<Recording | undefined> {
    if (!isSessionId(session)) return undefined;
    // A player asks for it with each part: what is closed stays as it is until `forget`.
    const remembered = this.closed.get(session);
    if (remembered !== undefined) return remembered;
    const { volume, recordings } = this.options;
    if (!(await volume.exists(path.join(recordings, session)))) return undefined;
    return this.read(session, (await this.unsealed(session)).get(session));
  }

  async segment(session: string, number: number): Promise<Uint8Array | undefined> {
    if (!isSessionId(session)) return undefined;
    const closed = this.closed.get(session)?.segments.find((one) => one.number === number);
    if (closed !== undefined) return this.sealed(session, closed);
    await this.options.settle();
    const plain = await this.options.sealer.plain(session, number);
    if (plain !== undefined) return plain;
    const folder = this.folder(session);
    const index = await folder.readIndex();
    const line = index.lines.find((one) => one.number === number);
    if (line === undefined) return undefined;
    return this.sealed(session, line);
  }

  async frame(session: string, number: number): Promise<Uint8Array | undefined> {
    if (!isSessionId(session)) return undefined;
    const frame = await this.writtenFrame(session, number);
    return wholeFrame(frame, (base) => this.writtenFrame(session, base));
  }

  private async writtenFrame(session: string, number: number): Promise<Uint8Array | undefined> {
    const read = this.frameReader(session, number);
    const isClosed = this.closed.get(session)?.segments.some((one) => one.number === number);
    // That of a running session may come any moment: what is not there is not remembered.
    return isClosed ? this.opened.get(session, `${number}.frame`, read) : this.opened.once(read);
  }

  /** Somebody begins to play it: the next parts are opened before they are asked for. */
  warm(session: string): void {
    const recording = this.closed.get(session);
    if (recording === undefined) return;
    const wanted = recording.segments.flatMap((segment) => [
      { name: `${segment.number}.seg`, read: this.segmentReader(session, segment) },
      { name: `${segment.number}.frame`, read: this.frameReader(session, segment.number) },
    ]);
    void this.opened.expect(session, wanted);
  }

  async stop(): Promise<void> {
    await this.catalogue.save();
    await this.opened.stop();
  }

  async hold(session: string, hold: Hold): Promise<boolean> {
    return isSessionId(session) && this.options.retention.hold(session, hold);
  }

  async release(session: string): Promise<boolean> {
    return isSessionId(session) && this.options.retention.release(session);
  }

  /** Something about it on disk is no longer as it was read. */
  forget(session: string): void {
    this.closed.delete(session);
    this.catalogue.forget(session);
    this.opened.forget(session);
  }

  private async sealed(session: string, segment: SealedSegment): Promise<Uint8Array> {
    const { number } = segment;
    const read = this.segmentReader(session, segment);
    try {
      const plain = await this.opened.get(session, `${number}.seg`, read);
      if (plain !== undefined) return plain;
      throw new Error("it is gone");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`segment ${number} cannot be read: ${why}`, { cause: error });
    }
  }

  private segmentReader(session: string, { number, sha256 }: SealedSegment) {
    return async (): Promise<SealedBytes> => {
      return { sealed: await this.folder(session).readSegment(number), sha256 };
    };
  }

  private frameReader(session: string, number: number) {
    return async (): Promise<SealedBytes | undefined> => {
      const sealed = await this.folder(session).readFrame(number);
      return sealed && { sealed, sha256: undefined };
    };
  }

  private async unsealed(session: string | undefined): Promise<Map<string, Unsealed>> {
    await this.options.settle();
    const looked = await this.options.sealer.look(session);
    return new Map(looked.map((one) => [one.session, one]));
  }

  /** What was not sealed at the time of the look is by now either there or in the index. */
  private async read(
    session: string,
    unsealed: Unsealed | undefined,
  ): Promise<Recording | undefined> {
    const remembered = this.closed.get(session);
    if (remembered !== undefined) return remembered;
    const folder = this.folder(session);
    const header = unsealed?.header ?? (await folder.readManifest())?.header;
    if (header === undefined) return undefined;
    const close = await folder.readClose();
    const { lines } = await folder.readIndex();
    const hold = await folder.readHold();
    if (close !== undefined) {
      const tombstone = await folder.readTombstone();
      return this.remember({ ...closedRecording(header, close, lines, tombstone), hold });
    }
    const indexed = new Set(lines.map((line) => line.number));
    const later = unsealed?.lines.filter((line) => !indexed.has(line.number)) ?? [];
    const isLive = this.options.isLive(session);
    return { ...openRecording(header, [...lines, ...later], isLive), hold };
  }

  private remember(recording: Recording): Recording {
    if (this.closed.size >= CLOSED_REMEMBERED_MAX) {
      for (const oldest of this.closed.keys()) {
        this.closed.delete(oldest);
        break;
      }
    }
    this.closed.set(recording.header.session, recording);
    return recording;
  }

  private folder(session: string): RecordingFolder {
    return new RecordingFolder(this.options.volume, this.options.recordings, session);
  }
}

type SealedSegment = Pick<SegmentEntry, "number" | "sha256">;

/** Folders whose descriptions are read side by side. */
const FOLDERS_AT_ONCE = 32;

async function inParts<T>(
  sessions: readonly string[],
  read: (session: string) => Promise<T | undefined>,
): Promise<T[]> {
  const found: T[] = [];
  for (let at = 0; at < sessions.length; at += FOLDERS_AT_ONCE) {
    const part = await Promise.all(sessions.slice(at, at + FOLDERS_AT_ONCE).map(read));
    for (const each of part) if (each !== undefined) found.push(each);
  }
  return found;
}

function newestFirst(a: RecordingHead, b: RecordingHead): number {
  return b.startedMs - a.startedMs || (a.session < b.session ? -1 : 1);
}

function headFrom({ header, startedMs, endedMs, state, cause }: Recording): RecordingHead {
  const { session, subject, asset, endpoint, grant } = header;
  return {
    ...{ session, startedMs, endedMs, state, cause },
    ...{ subject: subject.id, subjectName: subject.name },
    ...{ asset: asset.id, assetName: asset.name, zone: asset.zone },
    ...{ endpoint: `${asset.id}/${endpoint.id}`, profile: grant.profile, grant: grant.id },
    breakGlass: header.grant.breakGlass === true,
    ...(header.visit !== undefined && { visit: header.visit }),
  };
}

type WithoutHold = Omit<Recording, "hold">;

function closedRecording(
  header: Header,
  close: Close,
  lines: readonly IndexLine[],
  tombstone: Tombstone | undefined,
): WithoutHold {
  return {
    header,
    state: close.state,
    cause: tombstone === undefined ? close.cause : deletedWords(tombstone),
    startedMs: close.startedMs,
    endedMs: close.endedMs,
    records: close.records,
    bytes: close.bytes,
    segments: tombstone === undefined ? lines.map(entryOf) : [],
    counts: close.counts,
    deletedMs: tombstone?.deletedMs,
  };
}

const DAY_MS = 24 * 60 * 60_000;

function deletedWords({ deletedMs, keepMs }: Tombstone): string {
  const day = new Date(deletedMs).toISOString().slice(0, 10);
  const days = Math.round(keepMs / DAY_MS);
  return `Deleted on ${day} (UTC) by the retention policy, which keeps recordings for ${days} days.`;
}

function openRecording(header: Header, lines: readonly IndexLine[], isLive: boolean): WithoutHold {
  const totals: Totals = lines.reduce(addLine, NOTHING);
  return {
    header,
    state: isLive ? "open" : "aborted",
    cause: isLive ? "The session is being recorded." : NOT_CLOSED_YET,
    startedMs: header.startedMs,
    endedMs: totals.records > 0 ? totals.endedMs : header.startedMs,
    records: totals.records,
    bytes: totals.bytes,
    segments: lines.map(entryOf),
    counts: totals.counts,
    deletedMs: undefined,
  };
}

function entryOf(line: IndexLine): SegmentEntry {
  const { number, firstSequence, lastSequence, firstMs, lastMs, bytes, sha256, marks } = line;
  return { number, firstSequence, lastSequence, firstMs, lastMs, bytes, sha256, marks };
}
