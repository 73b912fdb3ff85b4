/**
 * Group commit: records of all sessions are gathered in one buffer, and one write makes them
 * durable. While it is under way the next buffer fills.
 *
 * A crash loses what was not answered as durable, at most one block and one buffer. When the
 * volume fails, what was appended is kept and written first once it works again, so that only
 * what came meanwhile is missing, and that is remembered as a gap. What is kept is plain: the file
 * that it goes to has another key.
 */
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import type { Clock } from "../clock.ts";
import { BLOCK_HEAD_LENGTH, FILE_HEAD_LENGTH, finishBlock, openChunk, sizeChunk } from "./block.ts";
import { TAG_LENGTH } from "./block-seal.ts";
import type { EvidenceLimits } from "./limits.ts";
import { RecorderUnavailable } from "./recorder.ts";
import { type SealingBehind, SealingPace } from "./sealing-pace.ts";
import type { ActiveFile, WriteAheadFiles } from "./write-ahead-files.ts";

export interface WriteAheadEvents {
  /** Blocks of this file can be read up to this position. `complete`: nothing more comes. */
  durable(number: number, until: number, complete: boolean): void;
  /** Chunks that could not be made durable; they will come again once they can. */
  handed(payload: Uint8Array): void;
  failed(cause: string): void;
  ready(): void;
  /** The next block goes to another file. */
  rotated?(): void;
  /** How long one group commit took, in milliseconds. */
  committed?(milliseconds: number): void;
}

type Done = (error: Error | undefined) => void;

interface Waiter {
  readonly done: Done;
  /** What it will hear although the write succeeds. */
  readonly error: Error | undefined;
}

/**
 * A buffer of more than this is kept for the next block only while blocks fill a good part of it:
 * a burst need not cost for ever, and amid one each block would grow its own anew.
 */
const BUFFER_KEPT_MAX = 1024 * 1024;
const FILLED_MIN = 1 / 8;
const BUFFER_FIRST = 64 * 1024;
/**
 * Writes into a file that somebody has removed succeed, and nobody will ever read them. Looking
 * runs beside a write and costs no time; so often it costs next to nothing else.
 */
const LOOK_EVERY_MS = 20;
const EMPTY = new Uint8Array(0);

export class WriteAhead {
  /** Where encoders write, between `enter` and `leave`. */
  readonly out = new ByteWriter(BUFFER_FIRST);
  private readonly files: WriteAheadFiles;
  private readonly limits: EvidenceLimits;
  private readonly clock: Clock;
  private readonly events: WriteAheadEvents;
  private active: ActiveFile | undefined;
  private position = 0;
  private spareBuffer: Uint8Array = EMPTY;
  private waiters: Waiter[] = [];
  private writing: Promise<void> | undefined;
  private wanted = false;
  private scheduled = false;
  private disarm: (() => void) | undefined;
  private chunkSlot = -1;
  private chunkAt = 0;
  private chunkStart = 0;
  private failure: { readonly kind: "slow" | "broken"; readonly cause: string } | undefined;
  private kept: Uint8Array[] = [];
  private retryMs: number;
  private lookedMs = Number.NEGATIVE_INFINITY;
  private closed = false;
  private readonly pace: SealingPace;

  constructor(
    files: WriteAheadFiles,
    limits: EvidenceLimits,
    clock: Clock,
    events: WriteAheadEvents,
  ) {
    this.files = files;
    this.limits = limits;
    this.clock = clock;
    this.events = events;
    this.retryMs = limits.retryFirstMs;
    this.pace = new SealingPace(limits, clock);
    this.out.length = BLOCK_HEAD_LENGTH;
  }

  /** Opens the first file. A volume that fails leaves a recorder that has failed and tries again. */
  async start(): Promise<void> {
    try {
      await this.rotate();
    } catch (error) {
      this.breakOff(error);
    }
  }

  /** Why nothing may be appended now. */
  get failed(): string | undefined {
    return this.failure?.cause;
  }

  /** Number of the file that the next block goes to, as far as is known. */
  get fileNumber(): number {
    return this.active?.number ?? 0;
  }

  /** Whether records may be appended. Fails by design when the disk is slower than the sessions. */
  accepts(): boolean {
    if (this.failure !== undefined) return false;
    if (this.out.length < this.limits.gatherBytesMax) return true;
    this.failure = { kind: "slow", cause: "The evidence volume is slower than the sessions." };
    this.events.failed(this.failure.cause);
    this.request();
    return false;
  }

  /** Half of what may be gathered has been while a block is written. */
  get isBehind(): boolean {
    return this.failure === undefined && this.out.length * 2 > this.limits.gatherBytesMax;
  }

  /** Of the files so many wait to be sealed that somebody must wait for that. */
  get waitsForSealing(): SealingBehind {
    return this.failure === undefined ? this.pace.who : "not";
  }

  /** Calls back, never synchronously, when it is worth looking again at who is behind. */
  whenCaughtUp(done: () => void): void {
    if (this.waitsForSealing === "not") this.whenDurable(() => done());
    else this.pace.wait(done);
  }

  /** All of that file is sealed: those who wait look again. */
  free(number: number): void {
    this.files.free(number).catch(() => undefined);
    if (!this.closed) this.pace.freed(this.files.count);
  }

  /** What is put into `out` from here to `leave` belongs to this session's segment. */
  enter(slot: number, flags: number, segment: number, offset: number, session: string): void {
    if (this.chunkSlot === slot && flags === 0) return;
    this.chunkAt = openChunk(this.out, slot, flags, segment, offset, session);
    this.chunkStart = this.out.length;
    this.chunkSlot = slot;
  }

  leave(): void {
    sizeChunk(this.out, this.chunkAt, this.out.length - this.chunkStart);
    if (this.out.length > this.limits.gatherBytes) this.request();
    else if (this.disarm === undefined) this.arm();
  }

  /** Apart from `leave`: a function that makes another pays for it at each call, made or not. */
  private arm(): void {
    this.disarm = this.clock.after(this.limits.flushAfterMs, () => this.flush());
  }

  /** The next chunk stands alone, whatever session it is of. */
  separate(): void {
    this.chunkSlot = -1;
  }

  /**
   * Calls back once everything appended so far is on disk, or cannot be promised to be. Callbacks
   * come in the order of the calls.
   */
  whenDurable(done: Done): void {
    if (this.failure !== undefined) this.refuse(done, this.failure.cause);
    else this.wait(done, undefined);
  }

  /** Calls back with an error, in its turn. */
  refuse(done: Done, cause: string): void {
    const error = new RecorderUnavailable(cause);
    if (this.failure?.kind === "broken") queueMicrotask(() => done(error));
    else this.wait(done, error);
  }

  /** Resolves once what was appended so far is durable, or has failed. */
  settle(): Promise<void> {
    return new Promise((resolve) => this.whenDurable(() => resolve()));
  }

  /** For a recording that closes while nothing can be written: its chunks go to the sealer as they are. */
  handOver(): void {
    if (this.failure?.kind === "broken" && this.out.length > BLOCK_HEAD_LENGTH)
      this.keep(this.swap());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.disarm?.();
    this.pace.close();
    while (this.writing !== undefined) await this.writing;
    await this.active?.file.close().catch(() => undefined);
  }

  private wait(done: Done, error: Error | undefined): void {
    this.waiters.push({ done, error });
    this.request();
  }

  private flush(): void {
    this.disarm = undefined;
    this.request();
  }

  /** One write for all who ask within a turn of the event loop. */
  private request(): void {
    this.wanted = true;
    if (!this.scheduled && this.writing === undefined) this.schedule();
  }

  private schedule(): void {
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.writing === undefined) this.writing = this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    while (this.wanted && this.failure?.kind !== "broken" && !this.closed) {
      this.wanted = false;
      await this.commit();
    }
    this.writing = undefined;
    if (this.failure?.kind === "slow") this.recovered();
  }

  private async commit(): Promise<void> {
    const waiters = this.waiters;
    this.waiters = [];
    // Nothing gathered: whoever asks is served by the write that has just ended.
    if (this.out.length > BLOCK_HEAD_LENGTH) {
      const block = this.swap();
      const beganMs = this.clock.monotonicMs();
      try {
        await this.writeBlock(block);
        this.events.committed?.(this.clock.monotonicMs() - beganMs);
      } catch (error) {
        this.keep(block);
        this.waiters = [...waiters, ...this.waiters];
        this.breakOff(error);
        return;
      }
      const { byteLength } = block.buffer;
      if (byteLength <= BUFFER_KEPT_MAX || block.length > byteLength * FILLED_MIN)
        this.spareBuffer = new Uint8Array(block.buffer);
    }
    for (const { done, error } of waiters) queueMicrotask(() => done(error));
  }

  /** Takes what was gathered, with room for its head in front; gathering goes on behind it. */
  private swap(): Uint8Array {
    const block = this.out.bytes.subarray(0, this.out.length);
    this.out.bytes = this.spareBuffer.length > 0 ? this.spareBuffer : new Uint8Array(BUFFER_FIRST);
    this.out.length = BLOCK_HEAD_LENGTH;
    this.spareBuffer = EMPTY;
    this.chunkSlot = -1;
    this.disarm?.();
    this.disarm = undefined;
    return block;
  }

  private async writeBlock(block: Uint8Array): Promise<void> {
    const end = this.position + block.length + TAG_LENGTH;
    if (this.active === undefined || end > this.limits.writeAheadBytes) await this.rotate();
    const active = this.active;
    if (active === undefined) throw new Error("no write-ahead file");
    const sealed = active.seal.seal(block, this.position);
    finishBlock(sealed, active.id);
    // First the write: each call wakes a thread, and somebody waits for this one.
    const written = active.file.write(sealed, this.position);
    const gone = this.isGone(active);
    await written;
    if (await gone) throw new Error("the write-ahead file was removed, moved or covered");
    this.position += sealed.length;
    // Not earlier: a file that sealing frees meanwhile spares filling another with zeros.
    if (this.position * 2 > this.limits.writeAheadBytes) this.files.prepare();
    this.events.durable(active.number, this.position, false);
  }

  private async isGone({ file, number }: ActiveFile): Promise<boolean> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lookedMs < LOOK_EVERY_MS) return false;
    this.lookedMs = nowMs;
    return file.isAt(this.files.pathOf(number)).then(
      (isThere) => !isThere,
      () => true,
    );
  }

  private async rotate(): Promise<void> {
    await this.retire();
    this.active = await this.files.next();
    this.position = FILE_HEAD_LENGTH;
    this.pace.begun(this.files.count);
    this.events.rotated?.();
  }

  /** Nothing more goes to the file: on failure too, since its last block may be torn. */
  private async retire(): Promise<void> {
    const active = this.active;
    if (active === undefined) return;
    this.active = undefined;
    this.events.durable(active.number, this.position, true);
    await active.file.close().catch(() => undefined);
  }

  private keep(block: Uint8Array): void {
    this.kept.push(block);
    this.events.handed(block.slice(BLOCK_HEAD_LENGTH));
  }

  private breakOff(error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.failure = { kind: "broken", cause };
    this.handOver();
    const waiters = this.waiters;
    this.waiters = [];
    for (const { done } of waiters) queueMicrotask(() => done(new RecorderUnavailable(cause)));
    this.events.failed(cause);
    this.pace.tellWaiting();
    void this.retire();
    this.clock.after(this.retryMs, () => void this.retry());
    this.retryMs = Math.min(this.retryMs * 2, this.limits.retryMaxMs);
  }

  private async retry(): Promise<void> {
    if (this.closed) return;
    try {
      await this.rotate();
      while (this.kept[0] !== undefined) {
        await this.writeBlock(this.kept[0]);
        this.kept.shift();
      }
    } catch (error) {
      this.breakOff(error);
      return;
    }
    this.retryMs = this.limits.retryFirstMs;
    this.recovered();
  }

  private recovered(): void {
    this.failure = undefined;
    this.events.ready();
  }
}
