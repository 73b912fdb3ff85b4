/**
 * Turns the write-ahead into sealed segments and closed recordings. It reads the very blocks
 * that a recovery would read, so what it seals is what was durable; recovering after a crash is
 * reading from the first file instead of from where it stood.
 *
 * It may stop anywhere and be started anew: files are freed only when all of theirs is in place,
 * and what is in place is passed over when it is read again.
 */
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { BEGIN, ChunkReader } from "./block.ts";
import type { Close } from "./descriptions.ts";
import type { EvidenceKeys } from "./keys.ts";
import type { EvidenceLimits } from "./limits.ts";
import { RecordingFolder } from "./recording-folder.ts";
import { Reserve } from "./reserve.ts";
import { sealedTo } from "./seal.ts";
import type { FileName, FromSealer, ProgressText, ToSealer } from "./sealer-messages.ts";
import { isSessionId } from "./session-id.ts";
import { UnsealedRecording } from "./unsealed-recording.ts";
import { codeOf, type Volume } from "./volume.ts";
import { WriteAheadReader } from "./write-ahead-reader.ts";

export interface SealerOptions {
  readonly volume: Volume;
  readonly recordings: string;
  readonly reserve: string;
  /** Names of recordings here get more from a gateway, whatever run of the broker began them. */
  readonly handed?: string;
  readonly build: string;
  readonly limits: EvidenceLimits;
  readonly keys: EvidenceKeys;
  readonly clock: Clock;
  /** Given where the volume's calls block the thread: lets several be under way for a while. */
  readonly crowd?: { while(work: () => Promise<unknown>): Promise<void> };
  readonly emit: (message: FromSealer) => void;
}

/** What is read, in the order in which it was appended. */
type Source =
  | { readonly kind: "handed"; readonly payload: Uint8Array }
  | { readonly kind: "file"; readonly file: SourceFile }
  /** Behind the files of earlier runs: their recordings get no more. */
  | { readonly kind: "earlier-runs-end" };

interface SourceFile {
  readonly number: number;
  readonly reader: WriteAheadReader;
  until: number;
  complete: boolean;
}

/** Plain bytes of whole segments that wait to be sealed: two seconds' work. */
const BACKLOG_BYTES_MAX = 32 * 1024 * 1024;
/** Recordings due at once from which on they are sealed side by side. */
const CROWD_MIN = 8;
/** The process has four threads for files; one stays free for the sessions' commits. */
const AT_ONCE = 3;

const BROKER_STOPPED =
  "The broker stopped before this recording was closed. What was durable until then is in it.";

export class Sealer {
  private readonly options: SealerOptions;
  private readonly reserve: Reserve;
  private readonly recordings = new Map<string, UnsealedRecording>();
  private readonly slots = new Map<number, UnsealedRecording>();
  private sources: Source[] = [];
  private readonly readFiles = new Set<number>();
  /** Closed by the recovery that is under way. */
  private recovered: Close[] | undefined;
  private reading: Promise<void> = Promise.resolve();
  private sealing: Promise<void> | undefined;
  private isSealingDue = false;
  private troubled = false;
  private retryMs: number;
  private cancelRetry: (() => void) | undefined;
  private stopped = false;

  constructor(options: SealerOptions) {
    this.options = options;
    this.reserve = new Reserve(options.volume, options.reserve, options.limits.reserveBytes);
    this.retryMs = options.limits.retryFirstMs;
  }

  /** Messages are served one after another, in order; sealing goes on beside them. */
  handle(message: ToSealer): void {
    this.reading = this.reading.then(() => this.serve(message));
  }

  /** Finishes what was asked and begins nothing more. */
  async stop(): Promise<void> {
    await this.reading;
    await this.sealing;
    this.stopped = true;
    this.cancelRetry?.();
    for (const source of this.sources) {
      if (source.kind === "file") await source.file.reader.close().catch(() => undefined);
    }
  }

  private async serve(message: ToSealer): Promise<void> {
    switch (message.kind) {
      case "recover":
        return this.recover(message.ask, message.files);
      case "durable":
        this.extend(message.file, message.until, message.complete);
        return this.read();
      case "handed":
        this.sources.push({ kind: "handed", payload: message.payload });
        return this.read();
      case "look":
        return this.look(message.ask, message.session);
      case "plain":
        return this.plain(message.ask, message.session, message.segment);
      case "progress":
        return this.progress(message.ask);
      case "keep-progress":
        return this.keepProgress(message.lines);
    }
  }

  private async recover(ask: number, files: readonly FileName[]): Promise<void> {
    for (const file of files) this.extend(file, Number.MAX_SAFE_INTEGER, true);
    this.sources.push({ kind: "earlier-runs-end" });
    const recovered: Close[] = [];
    this.recovered = recovered;
    await this.read();
    await this.sealing;
    this.recovered = undefined;
    this.options.emit({ kind: "recovered", ask, recovered });
  }

  /** Until this is done the recorder opens nothing: all that is found is of earlier runs. */
  private async endEarlierRuns(): Promise<void> {
    await this.findUnclosed();
    // Numbers of sessions start anew with each run of the broker.
    this.slots.clear();
    const { volume, handed } = this.options;
    const awaited = new Set(handed === undefined ? [] : await volume.list(handed));
    for (const recording of this.recordings.values()) {
      if (!awaited.has(recording.session)) recording.end(BROKER_STOPPED);
    }
  }

  /** The listing is the folder: also a recording of which the write-ahead has nothing is closed. */
  private async findUnclosed(): Promise<void> {
    const { volume, recordings } = this.options;
    for (const session of await volume.list(recordings)) {
      if (!isSessionId(session)) continue;
      if (await volume.exists(path.join(recordings, session, "close.json"))) continue;
      await this.recordingOf(session);
    }
  }

  private extend(name: FileName, until: number, complete: boolean): void {
    const found = this.sources.find(
      (source) => source.kind === "file" && source.file.number === name.number,
    );
    if (found?.kind === "file") {
      found.file.until = until;
      found.file.complete = complete;
      return;
    }
    const reader = new WriteAheadReader(this.options.volume, name.path, this.options.keys);
    this.sources.push({ kind: "file", file: { number: name.number, reader, until, complete } });
  }

  private async read(): Promise<void> {
    try {
      await this.readSources();
    } catch (error) {
      this.troubleWith(error);
      return;
    }
    this.isSealingDue = true;
    this.sealing ??= this.sealAll();
  }

  /** Seals and closes what is due, and frees what is not needed any more. */
  private async sealAll(): Promise<void> {
    while (this.isSealingDue && !this.stopped) {
      this.isSealingDue = false;
      try {
        await this.drain();
        this.freeFiles();
        await this.reserve.take();
        this.well();
      } catch (error) {
        this.troubleWith(error);
      }
    }
    this.sealing = undefined;
  }

  private async readSources(): Promise<void> {
    for (let source = this.sources[0]; source !== undefined; source = this.sources[0]) {
      if (source.kind === "handed") await this.takeChunks(source.payload, undefined);
      else if (source.kind === "earlier-runs-end") await this.endEarlierRuns();
      else if (!(await this.readFile(source.file))) return;
      this.sources.shift();
    }
  }

  /** False if more of the file will come. */
  private async readFile(file: SourceFile): Promise<boolean> {
    await file.reader.readTo(file.until, (payload) => this.takeChunks(payload, file.number));
    if (!file.complete) return false;
    await file.reader.close();
    this.readFiles.add(file.number);
    return true;
  }

  /**
   * What comes faster than it can be sealed waits in the write-ahead, not in memory. Where sealing
   * fails it is read all the same: then the write-ahead is what bounds it.
   */
  private async keepPace(): Promise<void> {
    let waiting = 0;
    for (const recording of this.recordings.values()) waiting += recording.backlog;
    if (waiting < BACKLOG_BYTES_MAX || this.troubled) return;
    this.isSealingDue = true;
    this.sealing ??= this.sealAll();
    await this.sealing;
  }

  private async takeChunks(payload: Uint8Array, file: number | undefined): Promise<void> {
    await this.keepPace();
    for (const chunk = new ChunkReader(payload); chunk.next(); ) {
      if ((chunk.flags & BEGIN) !== 0 && isSessionId(chunk.session)) {
        this.slots.set(chunk.slot, await this.recordingOf(chunk.session));
      }
      this.slots.get(chunk.slot)?.take(chunk, file);
    }
  }

  private async recordingOf(session: string): Promise<UnsealedRecording> {
    const known = this.recordings.get(session);
    if (known !== undefined) return known;
    const { volume, recordings, limits, build, keys } = this.options;
    const folder = new RecordingFolder(volume, recordings, session);
    const { marksMax } = limits;
    const recording = new UnsealedRecording(session, folder, {
      ...{ marksMax, build, sealedTo: sealedTo(keys), identities: keys.identities },
      onScreen: (of, number, plain) =>
        this.options.emit({ kind: "screen", session: of, number, plain }),
    });
    await recording.load();
    this.recordings.set(session, recording);
    return recording;
  }

  /**
   * One recording that cannot be sealed does not keep back the others; the first error counts.
   * Where many are due at once, a few are sealed side by side: the disk makes their files durable
   * together, and a stop or a cut of hundreds does not wait for each of them in turn.
   */
  private async drain(): Promise<void> {
    const failures: unknown[] = [];
    const left = [...this.recordings.values()];
    const lane = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        await this.sealOne(one, failures);
      }
    };
    const due = left.reduce((sum, recording) => sum + (recording.isDue ? 1 : 0), 0);
    const { crowd } = this.options;
    if (crowd && due >= CROWD_MIN) {
      await crowd.while(() => Promise.all(Array.from({ length: AT_ONCE }, lane)));
    } else await lane();
    if (failures.length > 0) throw failures[0];
  }

  private async sealOne(recording: UnsealedRecording, failures: unknown[]): Promise<void> {
    try {
      await this.seal(recording);
    } catch (error) {
      failures.push(error);
      if (!recording.isClosing) return;
      const cause = causeOf(error);
      this.options.emit({ kind: "not-closed", session: recording.session, cause });
    }
    this.forgetIfDone(recording);
  }

  private async seal(recording: UnsealedRecording): Promise<void> {
    while (recording.isDue) {
      try {
        await recording.work();
        // Calls of the sealing thread block: between two of them it must hear who asks.
        await setImmediate();
      } catch (error) {
        const isFull = ["ENOSPC", "EDQUOT"].includes(codeOf(error));
        if (!isFull || !(await this.reserve.give())) throw error;
      }
    }
  }

  private forgetIfDone(recording: UnsealedRecording): void {
    const close = recording.closed;
    if (close === undefined && !recording.isVoid) return;
    this.recordings.delete(recording.session);
    for (const [slot, one] of this.slots) if (one === recording) this.slots.delete(slot);
    if (close === undefined) return;
    if (!recording.wasClosed) this.recovered?.push(close);
    this.options.emit({ kind: "closed", session: recording.session, close });
  }

  private freeFiles(): void {
    for (const number of this.readFiles) {
      const needed = [...this.recordings.values()].some((recording) => recording.needs(number));
      if (needed) continue;
      this.readFiles.delete(number);
      this.options.emit({ kind: "freed", number });
    }
  }

  private well(): void {
    this.retryMs = this.options.limits.retryFirstMs;
    if (!this.troubled) return;
    this.troubled = false;
    this.options.emit({ kind: "well" });
  }

  private troubleWith(error: unknown): void {
    this.troubled = true;
    this.options.emit({ kind: "trouble", cause: causeOf(error) });
    this.cancelRetry?.();
    if (this.stopped) return;
    this.cancelRetry = this.options.clock.after(this.retryMs, () => {
      this.reading = this.reading.then(() => this.read());
    });
    this.retryMs = Math.min(this.retryMs * 2, this.options.limits.retryMaxMs);
  }

  private look(ask: number, session: string | undefined): void {
    const chosen =
      session === undefined ? [...this.recordings.values()] : [this.recordings.get(session)];
    const unsealed = chosen.flatMap((recording) => recording?.look() ?? []);
    this.options.emit({ kind: "looked", ask, unsealed });
  }

  private progress(ask: number): void {
    const members = [...this.recordings.values()].flatMap((one) => one.progress() ?? []);
    this.options.emit({ kind: "progressed", ask, members });
  }

  private async keepProgress(lines: readonly ProgressText[]): Promise<void> {
    for (const { session, line } of lines) {
      try {
        await this.recordings.get(session)?.keepProgress(line);
      } catch (error) {
        this.troubleWith(error);
      }
    }
  }

  private plain(ask: number, session: string, number: number): void {
    const segments = this.recordings.get(session)?.segments ?? [];
    const bytes = segments.find((segment) => segment.number === number)?.bytes();
    this.options.emit({ kind: "plain", ask, bytes });
  }
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
