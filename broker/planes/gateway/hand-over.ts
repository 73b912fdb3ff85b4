/**
 * Hands the tapes of a gateway over to control, from the gateway's own write-ahead: what leaves
 * is what was durable here, read as a recovery would read it. A file goes once control has
 * acknowledged all that it holds, and all that begins in it: acknowledged means durable there.
 *
 * Each connection begins at the oldest file that is still here. Control knows what it has already.
 *
 * A file that cannot be read is put aside until the next start, and stays: the others are handed
 * over without it, and control sees by the numbers of records and segments what is missing.
 */
import { BEGIN, type Chunk, CLOSE, readChunks } from "../../evidence/block.ts";
import type { EvidenceKeys } from "../../evidence/keys.ts";
import type { Volume } from "../../evidence/volume.ts";
import { WriteAheadDamaged, WriteAheadReader } from "../../evidence/write-ahead-reader.ts";
import type { TapeChunk } from "../link.ts";

export interface HandOverOptions {
  readonly volume: Volume;
  readonly keys: EvidenceKeys;
  pathOf(number: number): string;
  /** All of it is durable in control. */
  freed(number: number): void;
  /** A file cannot be read: what it holds is not handed over, and it stays. Told once of each. */
  trouble(reason: string): void;
}

export interface TapeReceiver {
  sendRecords(number: number, chunk: TapeChunk): void;
  /** All that was here when the connection began has been sent. */
  caughtUp(): void;
}

/** Sent and not acknowledged: bounds what waits in the connection. */
const UNACKNOWLEDGED_MAX = 4 * 1024 * 1024;
/** A disk that fails for a moment is asked again, with each commit: some seconds of work. */
const READS_MAX = 20;

const ALL_OF_IT = Number.MAX_SAFE_INTEGER;

class FileUnread extends Error {
  readonly file: WaitingFile;
  constructor(file: WaitingFile, cause: unknown) {
    super("a write-ahead file cannot be read", { cause });
    this.file = file;
  }
}

interface WaitingFile {
  readonly number: number;
  until: number;
  complete: boolean;
  /** Of this connection: the last message that carried something of it. */
  lastSent: number;
  isRead: boolean;
  /** Readings that failed. */
  failures: number;
}

/** A segment that began in one file may end in another. */
interface OpenSegment {
  readonly session: string;
  readonly beganIn: number;
}

/** What belongs to one connection, and is given up with it. */
class Course {
  readonly receiver: TapeReceiver;
  readonly slots = new Map<number, OpenSegment>();
  /** By file in which a segment began: the last message that ended one. */
  readonly endedBy = new Map<number, number>();
  readonly sizes: { readonly number: number; readonly bytes: number }[] = [];
  readonly readers = new Map<number, WriteAheadReader>();
  sent = 0;
  acknowledged = 0;
  unacknowledged = 0;
  wake: () => void = () => {};
  isOver = false;
  isCaughtUp = false;

  constructor(receiver: TapeReceiver) {
    this.receiver = receiver;
  }

  endSegment(slot: number): void {
    const open = this.slots.get(slot);
    if (open) this.endedBy.set(open.beganIn, this.sent);
  }

  isOpenIn(file: number): boolean {
    for (const { beganIn } of this.slots.values()) if (beganIn === file) return true;
    return false;
  }
}

export class HandOver {
  private readonly options: HandOverOptions;
  private readonly files = new Map<number, WaitingFile>();
  /** Numbers of files that cannot be read. */
  private readonly aside = new Set<number>();
  private course: Course | undefined;
  /** The last file of earlier runs: the segments that are open behind it get no more. */
  private earlierLast = 0;
  private pumping = false;
  private pumped = Promise.resolve();
  private isDue = false;
  private idle = Promise.withResolvers<void>();

  constructor(options: HandOverOptions) {
    this.options = options;
  }

  /** Files of earlier runs, oldest first. */
  found(numbers: readonly number[]): void {
    this.earlierLast = Math.max(0, ...numbers);
    for (const number of numbers) this.durable(number, ALL_OF_IT, true);
  }

  /** Blocks of this file can be read up to this position. `complete`: nothing more comes. */
  durable(number: number, until: number, complete: boolean): void {
    const known = this.files.get(number);
    if (known) {
      known.until = until;
      known.complete ||= complete;
    } else if (!this.aside.has(number)) {
      this.files.set(number, {
        ...{ number, until, complete, lastSent: 0, isRead: false, failures: 0 },
      });
    }
    this.pump();
  }

  /** A connection is there. */
  begin(receiver: TapeReceiver): void {
    this.end();
    for (const file of this.files.values()) {
      file.lastSent = 0;
      file.isRead = false;
    }
    this.course = new Course(receiver);
    this.pump();
  }

  /** It is gone. */
  end(): void {
    const { course } = this;
    if (!course) return;
    course.isOver = true;
    course.wake();
    this.course = undefined;
    void this.pumped.finally(() => this.closeReaders(course, true));
    this.lookIdle();
  }

  acknowledged(through: number): void {
    const { course } = this;
    if (!course || through > course.sent) return;
    course.acknowledged = Math.max(course.acknowledged, through);
    for (let first = course.sizes[0]; first && first.number <= through; first = course.sizes[0]) {
      course.unacknowledged -= first.bytes;
      course.sizes.shift();
    }
    course.wake();
    this.free(course);
    this.lookIdle();
  }

  /** Resolves once control has all that is durable here now, or the connection is gone. */
  async whenIdle(): Promise<void> {
    while (this.course && !this.isIdle) await this.idle.promise;
  }

  private get isIdle(): boolean {
    return !this.pumping && !this.isDue && this.course?.unacknowledged === 0;
  }

  private lookIdle(): void {
    if (this.course && !this.isIdle) return;
    this.idle.resolve();
    this.idle = Promise.withResolvers();
  }

  private pump(): void {
    this.isDue = true;
    if (this.pumping) return;
    this.pumping = true;
    this.pumped = this.pumpAll().finally(() => {
      this.pumping = false;
      if (this.isDue && this.course) this.pump();
      else this.lookIdle();
    });
  }

  private async pumpAll(): Promise<void> {
    while (this.isDue && this.course) {
      this.isDue = false;
      const { course } = this;
      try {
        await this.readAll(course);
        await this.closeReaders(course, false);
      } catch (error) {
        await this.closeReaders(course, true);
        if (course.isOver) continue;
        if (!(error instanceof FileUnread && this.putAside(course, error))) return;
        this.isDue = true;
      }
    }
  }

  /**
   * Whose chunks those behind it are is not known any more: what does not begin there is left out.
   * One that is still written to is not put aside, so that sessions do not go on without it.
   * @returns false where it is tried again with the next commit
   */
  private putAside(course: Course, { file, cause }: FileUnread): boolean {
    file.failures += 1;
    const isLasting = cause instanceof WriteAheadDamaged || file.failures >= READS_MAX;
    if (file.failures === 1) {
      this.options.trouble(cause instanceof Error ? cause.message : String(cause));
    }
    if (!file.complete || !isLasting) return false;
    this.files.delete(file.number);
    this.aside.add(file.number);
    this.endSegments(course);
    return true;
  }

  private async readAll(course: Course): Promise<void> {
    for (const file of [...this.files.values()].sort((a, b) => a.number - b.number)) {
      await this.readFile(course, file).catch((error: unknown) => {
        throw new FileUnread(file, error);
      });
      if (course.isOver) throw new Error("the connection is gone");
      if (file.number === this.earlierLast) this.endEarlierRuns(course);
    }
    this.free(course);
    if (course.isCaughtUp) return;
    course.isCaughtUp = true;
    course.receiver.caughtUp();
  }

  private async readFile(course: Course, file: WaitingFile): Promise<void> {
    if (file.isRead) return;
    const { volume, keys, pathOf } = this.options;
    const { number, until, complete } = file;
    const reader = course.readers.get(number) ?? new WriteAheadReader(volume, pathOf(number), keys);
    course.readers.set(number, reader);
    const at = await reader.readTo(until, (payload) => this.sendAll(course, file, payload));
    // In one of an earlier run nobody knows how far it was durable.
    if (until < ALL_OF_IT && at < until) {
      throw new WriteAheadDamaged(`the write-ahead file ${number} ends before what was durable`);
    }
    file.isRead = complete && file.until === until;
  }

  private async sendAll(course: Course, file: WaitingFile, payload: Uint8Array): Promise<void> {
    for (const chunk of readChunks(payload)) {
      await this.room(course);
      if (course.isOver) throw new Error("the connection is gone");
      this.send(course, file, chunk);
    }
  }

  private send(course: Course, file: WaitingFile, chunk: Chunk): void {
    const { slot, flags, segment, offset, payload, start, end } = chunk;
    if ((flags & BEGIN) !== 0) {
      course.endSegment(slot);
      course.slots.set(slot, { session: chunk.session, beganIn: file.number });
    }
    const open = course.slots.get(slot);
    // Of a segment that control has acknowledged to its end.
    if (!open) return;
    const { session } = open;
    const number = ++course.sent;
    const bytes = payload.subarray(start, end);
    course.receiver.sendRecords(number, { session, flags, segment, offset, bytes });
    course.sizes.push({ number, bytes: bytes.length });
    course.unacknowledged += bytes.length;
    file.lastSent = number;
    if ((flags & CLOSE) === 0) return;
    course.endSegment(slot);
    course.slots.delete(slot);
  }

  /** Numbers of slots begin anew with each run. */
  private endEarlierRuns(course: Course): void {
    if (!course.isCaughtUp) this.endSegments(course);
  }

  private endSegments(course: Course): void {
    for (const slot of course.slots.keys()) course.endSegment(slot);
    course.slots.clear();
  }

  private async room(course: Course): Promise<void> {
    while (course.unacknowledged > UNACKNOWLEDGED_MAX && !course.isOver) {
      await new Promise<void>((resolve) => {
        course.wake = resolve;
      });
    }
  }

  /** Oldest first: what is read later may belong to a segment that began earlier. */
  private free(course: Course): void {
    for (const file of [...this.files.values()].sort((a, b) => a.number - b.number)) {
      const { number, isRead, lastSent } = file;
      const last = Math.max(lastSent, course.endedBy.get(number) ?? 0);
      if (!isRead || course.isOpenIn(number) || last > course.acknowledged) return;
      this.files.delete(number);
      this.options.freed(number);
    }
  }

  private async closeReaders(course: Course, all: boolean): Promise<void> {
    for (const [number, reader] of course.readers) {
      if (!all && !this.files.get(number)?.isRead) continue;
      course.readers.delete(number);
      await reader.close().catch(() => undefined);
    }
  }
}
