/** One session's tape on its way into the write-ahead. */
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import type { Header, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import { BEGIN, CLOSE, SEAL } from "./block.ts";
import type { RecordTime } from "./record-time.ts";
import type { TapeWriter } from "./recorder.ts";
import type { WriteAhead } from "./write-ahead.ts";

export interface SessionTapeOptions {
  readonly slot: number;
  readonly header: Header;
  readonly writeAhead: WriteAhead;
  readonly clock: Clock;
  /** Shared by all tapes. */
  readonly time: RecordTime;
  readonly segmentBytes: number;
  /** Resolves once the recording is closed on disk. */
  readonly untilClosed: () => Promise<void>;
  readonly onClosed: () => void;
}

/** Files; of less than one, a transfer beside another that is as fast would not be seen. */
const FILLS_WITHIN = 2;

/** Records that could not be put on the tape. */
interface Lost {
  readonly fromMs: number;
  readonly cause: string;
}

export class SessionTape implements TapeWriter {
  readonly session: string;
  private readonly options: SessionTapeOptions;
  private readonly writeAhead: WriteAhead;
  private readonly clock: Clock;
  private readonly time: RecordTime;
  private readonly slot: number;
  private readonly segmentBytes: number;
  private readonly encoder: TapeEncoder;
  private readonly startMs: number;
  /** Nobody, most of the time. */
  private followers: Set<(record: TapeRecord) => void> | undefined;
  private sequenceNext = 0;
  private segment = -1;
  private offset = 0;
  private segmentStartMs = 0;
  private segmentFile = 0;
  /** Where the segment before the present one began. */
  private segmentFileBefore = Number.NEGATIVE_INFINITY;
  private isBegun = false;
  private bytes = 0;
  private lost: Lost | undefined;
  /** Why the last record is not on the tape, if it is not. */
  private lastLostBy: string | undefined;
  private endLost: TapeBody | undefined;
  private closing: Promise<void> | undefined;
  private enteredAt = 0;

  constructor(options: SessionTapeOptions) {
    this.options = options;
    this.session = options.header.session;
    this.writeAhead = options.writeAhead;
    this.clock = options.clock;
    this.time = options.time;
    this.slot = options.slot;
    this.segmentBytes = options.segmentBytes;
    this.encoder = new TapeEncoder(this.writeAhead.out);
    this.startMs = this.time.monotonicMs();
  }

  /** Of whatever tape had the last record: what follows on this one was not earlier. */
  get atMs(): number {
    return this.time.lastMs;
  }

  get length(): number {
    return this.bytes;
  }

  get isBehind(): boolean {
    const { writeAhead } = this;
    if (writeAhead.isBehind) return true;
    const who = writeAhead.waitsForSealing;
    return who === "all" || (who === "fillers" && this.fills);
  }

  whenCaughtUp(done: () => void): void {
    this.writeAhead.whenCaughtUp(done);
  }

  /** It wrote a whole segment within the last few files. */
  private get fills(): boolean {
    return this.writeAhead.fileNumber - this.segmentFileBefore <= FILLS_WITHIN;
  }

  /** Bytes of the segment that is being written. */
  get segmentLength(): number {
    return this.isBegun ? this.offset : 0;
  }

  /** Number of the write-ahead file in which the present segment began, if one has. */
  get beganInFile(): number | undefined {
    return this.isBegun ? this.segmentFile : undefined;
  }

  /** Puts the header on the tape, which makes the recording exist. */
  begin(): void {
    this.segment++;
    this.offset = 0;
    this.isBegun = true;
    this.segmentStartMs = this.clock.monotonicMs();
    if (this.segment > 0) this.segmentFileBefore = this.segmentFile;
    this.segmentFile = this.writeAhead.fileNumber;
    this.enter(BEGIN);
    try {
      this.encoder.begin(this.options.header);
    } finally {
      this.leave();
    }
  }

  append(body: TapeBody, atOnce?: true): number {
    if (this.closing !== undefined) throw new Error("the tape is closed");
    if (atOnce === undefined) this.time.monotonicMs();
    if (this.lost !== undefined || !this.writeAhead.accepts()) return this.lose(body);
    this.lastLostBy = undefined;
    return this.put(body);
  }

  whenDurable(done: (error: Error | undefined) => void): void {
    const cause = this.lastLostBy;
    if (cause === undefined) this.writeAhead.whenDurable(done);
    else this.writeAhead.refuse(done, cause);
  }

  follow(listener: (record: TapeRecord) => void): () => void {
    const followers = this.followers ?? new Set();
    this.followers = followers.add(listener);
    return () => followers.delete(listener);
  }

  /** Ends the present segment; the next record begins another. */
  cut(): void {
    if (!this.isBegun) return;
    this.isBegun = false;
    this.writeAhead.separate();
    this.enter(SEAL);
    this.leave();
    this.writeAhead.separate();
  }

  isOlderThan(ageMs: number): boolean {
    return this.isBegun && this.clock.monotonicMs() - this.segmentStartMs > ageMs;
  }

  /** The recorder works again: what was lost meanwhile becomes a gap on the tape. */
  resume(): void {
    const { lost, endLost } = this;
    if (lost === undefined) return;
    this.lost = undefined;
    this.endLost = undefined;
    this.time.monotonicMs();
    const { fromMs, cause } = lost;
    this.put({ kind: "gap", fromMs, untilMs: this.clock.wallMs(), cause });
    if (endLost !== undefined) this.put(endLost);
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  /** Also while nothing can be written: the sealer then gets the last chunks as they are. */
  private async finish(): Promise<void> {
    this.resume();
    const closed = this.options.untilClosed();
    this.writeAhead.separate();
    this.enter(CLOSE);
    this.leave();
    this.writeAhead.separate();
    this.writeAhead.handOver();
    this.writeAhead.whenDurable(() => undefined);
    this.followers?.clear();
    try {
      await closed;
    } finally {
      this.options.onClosed();
    }
  }

  private put(body: TapeBody): number {
    if (this.isBegun && this.offset >= this.segmentBytes) this.cut();
    if (!this.isBegun) this.begin();
    const sequence = this.sequenceNext;
    const { atMs } = this;
    this.enter(0);
    try {
      this.encoder.append(sequence, this.time.wallMs(atMs), atMs - this.startMs, body);
    } finally {
      this.leave();
    }
    this.sequenceNext = sequence + 1;
    if (this.followers !== undefined) this.tell(sequence, body, this.followers);
    return sequence;
  }

  private enter(flags: number): void {
    this.writeAhead.enter(this.slot, flags, this.segment, this.offset, this.session);
    this.enteredAt = this.writeAhead.out.length;
  }

  private leave(): void {
    const count = this.writeAhead.out.length - this.enteredAt;
    this.offset += count;
    this.bytes += count;
    this.writeAhead.leave();
  }

  private lose(body: TapeBody): number {
    const cause = this.writeAhead.failed ?? this.lost?.cause ?? "The recorder had failed.";
    this.lastLostBy = cause;
    this.lost ??= { fromMs: this.clock.wallMs(), cause };
    // What ended the session is kept: it is small, and tells most.
    if (body.kind === "end") {
      this.endLost = body;
      return this.sequenceNext;
    }
    return this.sequenceNext++;
  }

  private tell(
    sequence: number,
    body: TapeBody,
    followers: ReadonlySet<(record: TapeRecord) => void>,
  ): void {
    const { wallMs, monotonicMs } = this.encoder;
    const record: TapeRecord = { sequence, wallMs, monotonicMs, ...body };
    for (const listener of followers) listener(record);
  }
}
