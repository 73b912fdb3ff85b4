/**
 * A tape that a gateway writes: its chunks come as they stand in the gateway's own write-ahead,
 * each with its place in the segment, so that what comes twice is passed over and a hole is seen.
 *
 * The gateway may be hostile. Every byte is decoded before it is kept: it must go on where the
 * tape stands, say the same of the session as the header that was written here, and count on.
 */
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeDecoder } from "../../protocols/tape/decoder.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { canonicalJson } from "../access/permits.ts";
import type { Clock } from "../clock.ts";
import { BEGIN, CLOSE, SEAL } from "./block.ts";
import { RecorderUnavailable } from "./recorder.ts";
import type { OpenTape } from "./session-recorder.ts";
import type { WriteAhead } from "./write-ahead.ts";

export interface HandedChunk {
  readonly flags: number;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What came cannot be of this tape. */
export class HandedRefused extends Error {
  override readonly name = "HandedRefused";
}

export interface HandedTapeOptions {
  readonly header: Header;
  /** The only gateway that may append to it. */
  readonly gateway: string;
  readonly slot: number;
  readonly writeAhead: WriteAhead;
  readonly clock: Clock;
  readonly untilClosed: () => Promise<void>;
  readonly onClosed: () => void;
}

/** Where an earlier run of the broker left it. */
export interface HandedPlace {
  readonly segment: number;
  /** Of the segment's plain bytes; none where the segment is sealed. */
  readonly plain: Uint8Array | undefined;
  readonly sequenceNext: number;
}

export class HandedTape implements OpenTape {
  readonly session: string;
  readonly gateway: string;
  readonly header: Header;
  /** Resolves once the recording is closed on disk. */
  readonly closed: Promise<void>;
  private readonly options: HandedTapeOptions;
  private readonly expected: string;
  private decoder = new TapeDecoder();
  private readonly followers = new Set<(record: TapeRecord) => void>();
  private segment = 0;
  private offset = 0;
  private isEnded = false;
  /** Nothing but its header, which was written here. */
  private isBare = true;
  private sequenceNext = 0;
  private last: { readonly wallMs: number; readonly monotonicMs: number };
  private segmentFile = 0;
  private segmentStartMs = 0;
  private over = false;
  private wantsCut: () => void = () => {};
  length = 0;

  constructor(options: HandedTapeOptions) {
    const { header, gateway, clock } = options;
    this.options = options;
    this.session = header.session;
    this.gateway = gateway;
    this.header = header;
    this.expected = canonicalJson(header);
    this.last = { wallMs: header.startedMs, monotonicMs: 0 };
    this.segmentStartMs = clock.monotonicMs();
    this.closed = options.untilClosed().finally(() => options.onClosed());
    this.closed.catch(() => undefined);
  }

  /** Puts the header on the tape, which makes the recording exist. */
  begin(): void {
    this.segmentFile = this.options.writeAhead.fileNumber;
    const out = new ByteWriter();
    new TapeEncoder(out).begin(this.header);
    this.keep(out.bytes.subarray(0, out.length));
  }

  /** Goes on where an earlier run stopped. */
  resumeAt({ segment, plain, sequenceNext }: HandedPlace): void {
    this.segment = segment;
    this.isBare = false;
    this.isEnded = plain === undefined;
    if (plain !== undefined) {
      this.decoder.push(plain);
      this.offset = plain.length;
      // Slots begin anew with each run: what follows must be known to be of this session.
      this.enter(BEGIN, NOTHING);
    }
    this.sequenceNext = sequenceNext;
  }

  get segmentLength(): number {
    return this.isEnded ? 0 : this.offset;
  }

  get beganInFile(): number | undefined {
    return this.isEnded ? undefined : this.segmentFile;
  }

  /** Its end was handed over, or it was ended here. */
  get isOver(): boolean {
    return this.over;
  }

  isOlderThan(ageMs: number): boolean {
    return !this.isEnded && this.options.clock.monotonicMs() - this.segmentStartMs > ageMs;
  }

  /** Segments are the gateway's: it is asked to. */
  cut(): void {
    this.wantsCut();
  }

  onCutWanted(listener: () => void): void {
    this.wantsCut = listener;
  }

  resume(): void {}

  /** The broker stops: what is missing comes in its next run. */
  close(): Promise<void> {
    return this.over ? this.closed : Promise.resolve();
  }

  follow(listener: (record: TapeRecord) => void): () => void {
    this.followers.add(listener);
    return () => this.followers.delete(listener);
  }

  whenDurable(done: (error: Error | undefined) => void): void {
    this.options.writeAhead.whenDurable(done);
  }

  /** @throws HandedRefused; RecorderUnavailable where nothing can be written now: it may come again */
  take({ flags, segment, offset, bytes }: HandedChunk): void {
    if (this.over || segment < this.segment) return;
    this.mustAccept();
    const isNext = segment === this.segment + 1 && (flags & BEGIN) !== 0 && offset === 0;
    if (isNext) this.nextSegment();
    if (segment !== this.segment) throw new HandedRefused("a segment is missing");
    if (!this.isEnded) this.takeBytes(offset, bytes);
    if ((flags & SEAL) !== 0) this.endSegment();
    if ((flags & CLOSE) !== 0) this.finish();
  }

  /**
   * Nothing more will come: its end is written here.
   * @param gap why something may be missing before it
   */
  end(cause: { readonly rule: string; readonly reason: string }, gap?: string): void {
    if (this.over) return;
    const { writeAhead, clock } = this.options;
    const out = new ByteWriter();
    const encoder = new TapeEncoder(out);
    encoder.begin(this.header);
    const from = this.isBare ? out.length : 0;
    // One that has nothing yet is not left empty.
    if (!this.isBare && (this.offset > 0 || this.isEnded)) this.nextSegment();
    const { monotonicMs } = this.last;
    const wallMs = clock.wallMs();
    if (gap !== undefined) {
      const fromMs = Math.min(this.last.wallMs, wallMs);
      const body = { kind: "gap", fromMs, untilMs: wallMs, cause: gap } as const;
      encoder.append(this.sequenceNext++, wallMs, monotonicMs, body);
    }
    encoder.append(this.sequenceNext++, wallMs, monotonicMs, { kind: "end", ...cause });
    this.enter(from === 0 ? BEGIN : 0, () => writeAhead.out.range(out.bytes, from, out.length));
    this.finish();
  }

  private mustAccept(): void {
    const { writeAhead } = this.options;
    if (writeAhead.accepts()) return;
    throw new RecorderUnavailable(writeAhead.failed ?? "the recorder has failed");
  }

  private takeBytes(offset: number, bytes: Uint8Array): void {
    const known = this.offset - offset;
    if (known < 0) throw new HandedRefused("bytes are missing");
    if (known >= bytes.length) return;
    const records = this.keep(bytes.subarray(known));
    this.isBare = false;
    for (const record of records) {
      this.last = record;
      for (const listener of this.followers) listener(record);
    }
  }

  /** Puts on the tape what can be of it, and answers what it says. */
  private keep(bytes: Uint8Array): readonly TapeRecord[] {
    const decoded = this.decoder.push(bytes);
    if (decoded.kind === "malformed") throw new HandedRefused(decoded.reason);
    if (this.decoder.pending > 0) throw new HandedRefused("a record is cut off");
    const { header } = this.decoder;
    if (!header || canonicalJson(header) !== this.expected) {
      throw new HandedRefused("its header says something else of the session");
    }
    for (const { sequence } of decoded.records) {
      if (sequence < this.sequenceNext) throw new HandedRefused("its records do not count on");
      this.sequenceNext = sequence + 1;
    }
    const { out } = this.options.writeAhead;
    this.enter(this.offset === 0 ? BEGIN : 0, () => out.raw(bytes));
    return decoded.records;
  }

  private nextSegment(): void {
    this.endSegment();
    this.segment += 1;
    this.offset = 0;
    this.isEnded = false;
    this.isBare = false;
    this.decoder = new TapeDecoder();
    this.segmentFile = this.options.writeAhead.fileNumber;
    this.segmentStartMs = this.options.clock.monotonicMs();
  }

  private endSegment(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.mark(SEAL);
  }

  private finish(): void {
    this.over = true;
    this.mark(CLOSE);
    this.options.writeAhead.handOver();
    this.followers.clear();
    // Nobody else may ask for a commit now.
    this.whenDurable(NOTHING);
  }

  private mark(flag: number): void {
    const { writeAhead } = this.options;
    writeAhead.separate();
    this.enter(flag, NOTHING);
    writeAhead.separate();
  }

  private enter(flags: number, write: () => void): void {
    const { writeAhead, slot } = this.options;
    writeAhead.enter(slot, flags, this.segment, this.offset, this.session);
    const before = writeAhead.out.length;
    write();
    const count = writeAhead.out.length - before;
    this.offset += count;
    this.length += count;
    writeAhead.leave();
  }
}

const NOTHING = (): void => {};
