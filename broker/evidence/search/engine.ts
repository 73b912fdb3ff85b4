/**
 * The search in its thread: keeps the indexes of all recordings, makes those that are missing,
 * and looks through them. Recordings are the truth: what is not in an index yet, or cannot be
 * read there, is said to be so and never passed over in silence.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Header } from "../../../protocols/tape/record.ts";
import type { Clock } from "../../clock.ts";
import type { EvidenceKeys } from "../keys.ts";
import type { RecordingFolder } from "../recording-folder.ts";
import { openSealed, sha256Hex } from "../seal.ts";
import { isSessionId } from "../session-id.ts";
import { codeOf, type Volume } from "../volume.ts";
import type { Block } from "./block.ts";
import { BlockCache } from "./block-cache.ts";
import { type IndexKey, openIndexKey } from "./index-key.ts";
import { KnownRecording } from "./known-recording.ts";
import { type Found, lookThrough } from "./look-through.ts";
import type { Part } from "./recording-index.ts";
import {
  BLOCK_MEMORY_MAX,
  BUILDERS_MAX,
  LOOK_EVERY_MS,
  RETRY_MS,
  SEARCH_MS,
  TURN_MS,
} from "./search-limits.ts";
import type { CatalogueEntry, FromSearch, ToSearch } from "./search-messages.ts";

export interface EngineOptions {
  readonly recordings: string;
  /** Of the index; made if it is not there. */
  readonly folder: string;
  readonly keys: EvidenceKeys;
  readonly volume: Volume;
  readonly clock: Clock;
  readonly emit: (message: FromSearch) => void;
}

type Asked<Kind extends ToSearch["kind"]> = Extract<ToSearch, { kind: Kind }>;

/** Entries told at once: a start with thousands of recordings comes in pieces. */
const ENTRIES_AT_ONCE = 500;

export class SearchEngine {
  private readonly options: EngineOptions;
  private readonly cache = new BlockCache(BLOCK_MEMORY_MAX);
  private readonly known = new Map<string, KnownRecording>();
  /** Fed lately, oldest first: those that grow keep what they hold in memory. */
  private readonly growing = new Map<string, KnownRecording>();
  /** Of them only a tombstone is left. */
  private readonly deleted = new Set<string>();
  private readonly cancelled = new Set<number>();
  private readonly changed = new Map<string, CatalogueEntry>();
  private searching = 0;
  private key: IndexKey | undefined;
  /** Indexes are written by one at a time. */
  private writing: Promise<void> = Promise.resolve();
  private searches: Promise<void> = Promise.resolve();
  private isMaking = false;
  /** The last one that another place had; asked for again, it is here. */
  private fetched: Asked<"fetched"> | undefined;
  private stopTimer: (() => void) | undefined;
  private stopped = false;

  constructor(options: EngineOptions) {
    this.options = options;
  }

  handle(message: Exclude<ToSearch, { kind: "stop" }>): void {
    switch (message.kind) {
      case "search":
        this.searches = this.searches.then(() => this.search(message));
        break;
      case "cancel":
        this.cancelled.add(message.ask);
        break;
      case "tail":
        this.inTurn(message.ask, () => this.takeTail(message));
        break;
      case "forget":
        this.inTurn(message.ask, async () => this.forget(message.session));
        break;
      case "look":
        this.inTurn(message.ask, () => this.look());
        break;
      case "fetched":
        this.fetched = message;
        this.known.get(message.session)?.restUntil(0);
        void this.make();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.stopTimer?.();
    await this.searches;
    await this.writing;
  }

  private inTurn(ask: number, act: () => Promise<void>): void {
    this.writing = this.writing
      .then(act)
      .catch((error: unknown) => this.trouble(error))
      .then(() => this.options.emit({ kind: "done", ask }));
  }

  private trouble(error: unknown): void {
    this.options.emit({ kind: "trouble", cause: causeOf(error) });
  }

  /** Looks through the folders for what is new, and has it indexed. */
  private async look(): Promise<void> {
    if (this.stopped) return;
    this.stopTimer?.();
    const { recordings, volume, clock } = this.options;
    this.stopTimer = clock.after(LOOK_EVERY_MS, () => {
      this.writing = this.writing.then(() => this.look()).catch((error) => this.trouble(error));
    });
    const present = new Set((await volume.list(recordings)).filter(isSessionId));
    // Newest first: names of sessions rise with time.
    for (const session of [...present].sort().reverse()) {
      if (this.stopped) return;
      await this.lookAt(session);
    }
    await this.removeStrays(present);
    this.tell();
    void this.make();
  }

  private async lookAt(session: string): Promise<void> {
    const before = this.known.get(session);
    if (before?.isDone || this.deleted.has(session)) return;
    try {
      const recording = before ?? (await this.discover(session));
      if (recording === undefined) return;
      if (await recording.refresh()) this.change(recording);
      if (!recording.isDeleted) return;
      this.forget(session);
      this.deleted.add(session);
    } catch (error) {
      this.trouble(error);
    }
  }

  private async discover(session: string, header?: Header): Promise<KnownRecording | undefined> {
    const { recordings, volume, folder } = this.options;
    const key = await this.openKey();
    const file = path.join(folder, `${session}.idx`);
    const found = await KnownRecording.find(
      { volume, recordings, file, key: key.of(session) },
      session,
      header,
    );
    if (found !== undefined) this.known.set(session, found);
    return found;
  }

  private async openKey(): Promise<IndexKey> {
    const { folder, keys } = this.options;
    this.key ??= await openIndexKey(folder, keys);
    return this.key;
  }

  /** Indexes of recordings that are not there: deleted while no thread was there to hear of it. */
  private async removeStrays(present: ReadonlySet<string>): Promise<void> {
    for (const [session, recording] of this.known) {
      if (!present.has(session) && !recording.isOnlyInMemory) this.forget(session);
    }
    const { folder, volume } = this.options;
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
      const session = name.endsWith(".idx") ? name.slice(0, -4) : undefined;
      if (session === undefined || present.has(session) || this.known.has(session)) continue;
      await volume.remove(path.join(folder, name));
    }
  }

  private forget(session: string): void {
    const recording = this.known.get(session);
    recording?.index.clear();
    this.known.delete(session);
    this.growing.delete(session);
    this.cache.forget(session);
    this.changed.delete(session);
    this.options.emit({ kind: "catalogue", entries: [], gone: [session] });
  }

  /** Indexes what is due, a segment at a time, whoever searches first. */
  private async make(): Promise<void> {
    if (this.isMaking) return;
    this.isMaking = true;
    try {
      for (let due = this.nextDue(); due !== undefined && !this.stopped; due = this.nextDue()) {
        const recording = due;
        while (this.searching > 0) await setImmediate();
        this.writing = this.writing.then(() => this.makeStep(recording));
        await this.writing;
      }
    } finally {
      this.isMaking = false;
    }
  }

  private nextDue(): KnownRecording | undefined {
    let newest: KnownRecording | undefined;
    const nowMs = this.options.clock.monotonicMs();
    for (const recording of this.known.values()) {
      if (!recording.isDue(nowMs)) continue;
      if (newest === undefined || recording.startedMs > newest.startedMs) newest = recording;
    }
    return newest;
  }

  private async makeStep(recording: KnownRecording): Promise<void> {
    if (this.known.get(recording.session) !== recording) return;
    try {
      await recording.step((number, sha256) => this.plain(recording, number, sha256));
      this.keep(recording);
    } catch (error) {
      recording.restUntil(this.options.clock.monotonicMs() + RETRY_MS);
      if (error instanceof Elsewhere) this.options.emit({ kind: "missing", ...error.segment });
      else this.trouble(error);
    }
    this.change(recording);
    this.tell();
    await setImmediate();
  }

  private async plain(
    { folder, session }: KnownRecording,
    number: number,
    sha256: string,
  ): Promise<Uint8Array> {
    const { fetched } = this;
    const isFetched = fetched?.session === session && fetched.number === number;
    const sealed = isFetched ? fetched.bytes : await this.readSegment(folder, session, number);
    if (sha256Hex(sealed) !== sha256) {
      throw new Error(`segment ${number} is not as it was sealed: its hash differs`);
    }
    return openSealed(sealed, this.options.keys.identities);
  }

  private async readSegment(folder: RecordingFolder, session: string, number: number) {
    try {
      return await folder.readSegment(number);
    } catch (error) {
      throw codeOf(error) === "ENOENT" ? new Elsewhere({ session, number }) : error;
    }
  }

  private async takeTail({ header, number, bytes }: Asked<"tail">): Promise<void> {
    const { session } = header;
    const recording = this.known.get(session) ?? (await this.discover(session, header));
    if (recording === undefined || recording.isDone) return;
    await recording.refresh();
    while (recording.index.segmentNext < number && recording.isDue(Number.POSITIVE_INFINITY)) {
      const before = recording.index.segmentNext;
      await recording.step((segment, sha256) => this.plain(recording, segment, sha256));
      if (recording.index.segmentNext === before) break;
    }
    await recording.takeTail(number, bytes);
    this.keep(recording);
    this.change(recording);
    this.tell();
  }

  /** So many hold something in memory; the one that was fed longest ago lets it go. */
  private keep(recording: KnownRecording): void {
    this.growing.delete(recording.session);
    if (!recording.isDone) this.growing.set(recording.session, recording);
    for (const [session, oldest] of this.growing) {
      if (this.growing.size <= BUILDERS_MAX) return;
      this.growing.delete(session);
      oldest.index.rest();
      this.change(oldest);
    }
  }

  private change(recording: KnownRecording): void {
    this.changed.set(recording.session, recording.entry());
  }

  private tell(): void {
    const entries = [...this.changed.values()];
    this.changed.clear();
    for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE) {
      const some = entries.slice(at, at + ENTRIES_AT_ONCE);
      this.options.emit({ kind: "catalogue", entries: some, gone: [] });
    }
  }

  private async search(asked: Asked<"search">): Promise<void> {
    const { ask, sessions, terms, cursor, limit } = asked;
    this.searching += 1;
    let found: Found = { hits: [], cursor: undefined, skipped: 0 };
    try {
      found = await lookThrough({
        ...{ sessions, terms, cursor, limit },
        recording: (session) => this.known.get(session),
        open: (session, part) => this.open(session, part),
        damaged: (session, error) => this.damaged(session, error),
        turn: this.turns(ask),
      });
    } catch (error) {
      this.trouble(error);
    }
    this.searching -= 1;
    this.cancelled.delete(ask);
    this.options.emit({ kind: "found", ask, ...found });
  }

  private turns(ask: number): () => Promise<boolean> {
    const { clock } = this.options;
    const endMs = clock.monotonicMs() + SEARCH_MS;
    let turnMs = clock.monotonicMs() + TURN_MS;
    return async () => {
      if (clock.monotonicMs() >= turnMs) {
        await setImmediate();
        turnMs = clock.monotonicMs() + TURN_MS;
      }
      return !this.stopped && !this.cancelled.has(ask) && clock.monotonicMs() < endMs;
    };
  }

  private open(session: string, part: Part): Block {
    if (part.kind === "memory") return part.block;
    const { frame, kind } = part;
    const index = this.known.get(session)?.index;
    if (index === undefined) throw new Error("the recording is gone");
    const { file, generation } = index;
    return this.cache.get(session, `${generation} ${frame.number} ${kind}`, () =>
      kind === "frame" ? file.rows(frame) : file.unsettled(frame),
    );
  }

  /** Made again from the recording; until then the recording counts as not indexed. */
  private damaged(session: string, error: unknown): void {
    const recording = this.known.get(session);
    if (recording === undefined) return;
    this.trouble(error);
    this.cache.forget(session);
    recording.beginAgain();
    this.change(recording);
    this.tell();
    void this.make();
  }
}

/** Its file is not on this machine. */
class Elsewhere extends Error {
  readonly segment: { readonly session: string; readonly number: number };

  constructor(segment: Elsewhere["segment"]) {
    super(`segment ${segment.number} of ${segment.session} is missing`);
    this.segment = segment;
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
