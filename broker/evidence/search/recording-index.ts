/**
 * The index of one recording: frames on disk, and in memory what came since. It is fed the
 * segments in order, the last one in pieces while it grows.
 */
import { setImmediate } from "node:timers/promises";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { type Block, makeBlock } from "./block.ts";
import type { FramePlace, IndexFile } from "./index-file.ts";
import type { IndexedRow } from "./row.ts";
import { FEED_BYTES, FRAME_ROWS, FRAME_SEGMENTS } from "./search-limits.ts";
import { summaryOf } from "./summary.ts";
import { type Carry, NOTHING_CARRIED, TapeRows } from "./tape-rows.ts";

/** Rows to look through: of a frame on disk, or in memory. */
export type Part =
  | { readonly kind: "frame"; readonly frame: FramePlace }
  | { readonly kind: "unsettled"; readonly frame: FramePlace }
  | { readonly kind: "memory"; readonly block: Block };

interface Builder {
  readonly rows: TapeRows;
  decoder: TapeDecoder;
  segment: number;
  /** Bytes of the segment that were fed. */
  offset: number;
  /** Final rows that are in no frame, and the segments that they are of. */
  kept: IndexedRow[];
  segments: number;
  block: Block | undefined;
}

export class RecordingIndex {
  readonly file: IndexFile;
  /** Counts how often all of it went: frames of the same number are others then. */
  generation = 0;
  private readonly header: Header;
  private frames: FramePlace[];
  private length: number;
  private builder: Builder | undefined;

  constructor(header: Header, file: IndexFile) {
    this.header = header;
    this.file = file;
    const { frames, length } = file.load();
    this.frames = [...frames];
    this.length = length;
  }

  get isComplete(): boolean {
    return this.frames.at(-1)?.summary.complete ?? false;
  }

  /** First segment that is not, or not wholly, in it. */
  get segmentNext(): number {
    return this.builder?.segment ?? this.carried.segmentNext;
  }

  /** First segment that must be fed; below `segmentNext` after a restart. */
  get segmentFrom(): number {
    return this.builder?.segment ?? this.carried.segmentFrom;
  }

  /** Time of the last record that was fed; 0 before the first. */
  get lastMs(): number {
    return this.builder?.rows.lastMs ?? 0;
  }

  /** The segment that was fed last, and how many of its bytes. */
  get fed(): { readonly segment: number; readonly bytes: number } {
    const { builder } = this;
    if (builder !== undefined) return { segment: builder.segment, bytes: builder.offset };
    return { segment: this.carried.segmentNext, bytes: 0 };
  }

  /** How far the segment of that number was fed; 0 if it was not begun. */
  fedOf(number: number): number {
    if (this.builder === undefined || number > this.builder.segment) return 0;
    return number === this.builder.segment ? this.builder.offset : Number.POSITIVE_INFINITY;
  }

  /**
   * Feeds what is new of the segment. Segments come in order; one more means that those before
   * it are whole.
   */
  async feed(number: number, bytes: Uint8Array): Promise<void> {
    const builder = this.building();
    if (
      number < builder.segment ||
      (number === builder.segment && bytes.length <= builder.offset)
    ) {
      return;
    }
    if (number > builder.segment) this.turnTo(builder, number);
    for (let at = builder.offset; at < bytes.length; at += FEED_BYTES) {
      const piece = bytes.subarray(at, Math.min(at + FEED_BYTES, bytes.length));
      for (const record of builder.decoder.push(piece).records) builder.rows.push(record);
      builder.offset = at + piece.length;
      builder.block = undefined;
      await setImmediate();
    }
  }

  /** All segments were fed, and none will come. */
  complete(): void {
    const builder = this.building();
    builder.kept.push(...builder.rows.takeReady(), ...builder.rows.finish());
    this.write(builder, builder.rows.carry(builder.segment), true);
    this.builder = undefined;
  }

  /** What it holds in memory goes; it begins again behind the last frame. */
  rest(): void {
    this.builder = undefined;
  }

  /** All of it goes. */
  clear(): void {
    this.builder = undefined;
    this.frames = [];
    this.length = 0;
    this.generation += 1;
    this.file.remove();
  }

  /** Everything to look through now; it stays as it is while the index grows. */
  parts(): readonly Part[] {
    const parts: Part[] = this.frames.map((frame) => ({ kind: "frame", frame }));
    const last = this.frames.at(-1);
    const isCaughtUp =
      this.builder !== undefined && this.builder.segment >= this.carried.segmentNext;
    if (isCaughtUp && this.builder) parts.push({ kind: "memory", block: blockOf(this.builder) });
    else if (last?.summary.complete === false) parts.push({ kind: "unsettled", frame: last });
    return parts;
  }

  private get carried(): Carry {
    return this.frames.at(-1)?.summary.carry ?? NOTHING_CARRIED;
  }

  private building(): Builder {
    if (this.builder !== undefined) return this.builder;
    const rows = new TapeRows(this.header, this.carried);
    const segment = this.carried.segmentFrom;
    rows.begin(segment);
    const decoder = new TapeDecoder();
    this.builder = { rows, decoder, segment, offset: 0, kept: [], segments: 0, block: undefined };
    return this.builder;
  }

  /** The segments before this one are whole: what they settled can be written. */
  private turnTo(builder: Builder, number: number): void {
    // What is fed again after a restart is in a frame already.
    if (builder.offset > 0 && builder.segment >= this.carried.segmentNext) {
      builder.kept.push(...builder.rows.takeReady());
      builder.segments += 1;
      if (builder.kept.length >= FRAME_ROWS || builder.segments >= FRAME_SEGMENTS) {
        this.write(builder, builder.rows.carry(number - 1), false);
      }
    }
    builder.segment = number;
    builder.offset = 0;
    builder.decoder = new TapeDecoder();
    builder.rows.begin(number);
  }

  private write(builder: Builder, carry: Carry, complete: boolean): void {
    const rows = makeBlock(builder.kept);
    const unsettled = makeBlock(complete ? [] : builder.rows.unsettled());
    const summary = summaryOf(rows, carry, complete);
    const number = this.frames.length;
    const frame = this.file.append(number, this.length, { summary, rows, unsettled });
    this.frames.push(frame);
    this.length = frame.rowsAt + frame.rowsLength + frame.unsettledLength;
    builder.kept = [];
    builder.segments = 0;
    builder.block = undefined;
  }
}

function blockOf(builder: Builder): Block {
  builder.block ??= makeBlock([...builder.kept, ...builder.rows.unsettled()]);
  return builder.block;
}
