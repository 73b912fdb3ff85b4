/** One segment while it is not sealed: its plain bytes, and what its index line will say. */
import { createHash } from "node:crypto";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { TapeScan } from "../../protocols/tape/scan.ts";
import type { IndexLine } from "./descriptions.ts";
import { NO_OWN_HOLDS, type OwnHolds, ownHolds } from "./own-holds.ts";

/** What was held in the segments of a recording before, shared by them. */
export interface HeldBefore {
  readonly waiting: Set<string>;
  /** By the broker itself. */
  readonly own: Set<string>;
}

/** So long a segment is of bulk, and grows to what segments are: room for it at once. */
const BULK_FROM = 131_072;
const BULK_ROOM = 1_048_576 + 131_072;

export class Segment {
  readonly number: number;
  /** Write-ahead files that hold bytes of it and must stay until it is sealed. */
  readonly files = new Set<number>();
  private readonly plain = new ByteWriter(1024);
  private readonly marks: IndexLine["marks"] = [];
  private readonly scan: TapeScan;
  private readonly hash = createHash("sha256");
  private readonly ownBefore: Set<string>;
  private own: { readonly length: number; readonly holds: OwnHolds } | undefined;
  private lastFile: number | undefined;
  private hashed = 0;
  private broken = false;

  constructor(number: number, marksMax: number, { waiting, own }: HeldBefore) {
    this.number = number;
    this.ownBefore = own;
    this.scan = new TapeScan((mark) => {
      if (this.marks.length < marksMax) this.marks.push(mark);
    }, waiting);
  }

  get length(): number {
    return this.plain.length;
  }

  /**
   * Takes the bytes from `start` to `end` that belong at `offset`. What it has already is passed
   * over; behind a hole nothing can be read, so nothing is taken: the numbers of the records show
   * what is missing.
   */
  put(offset: number, bytes: Uint8Array, start: number, end: number): void {
    const { length } = this.plain;
    if (this.broken || offset + end - start <= length) return;
    const fresh = start + length - offset;
    if (offset > length || this.scan.push(bytes, fresh, end) !== end - fresh) this.broken = true;
    else this.take(bytes, fresh, end);
  }

  /** SHA-256 (hex) of the plain bytes so far. Many small pieces are hashed as one. */
  digest(): string {
    this.hash.update(this.plain.bytes.subarray(this.hashed, this.plain.length));
    this.hashed = this.plain.length;
    return this.hash.copy().digest("hex");
  }

  /** Some of it stands in this write-ahead file, if it does in one. */
  stands(file: number | undefined): void {
    if (file === undefined || file === this.lastFile) return;
    this.lastFile = file;
    this.files.add(file);
  }

  /** A copy: the segment may go on growing. */
  bytes(): Uint8Array {
    return this.whole().slice();
  }

  /** Not a copy: for one that is finished. Whoever takes it away looks at the segment no more. */
  whole(): Uint8Array {
    return this.plain.bytes.subarray(0, this.plain.length);
  }

  /** With no size and hash of the sealed bytes yet. */
  line(): IndexLine {
    const { scan } = this;
    const some = scan.records > 0;
    const own = this.ownHolds();
    return {
      number: this.number,
      firstSequence: some ? scan.firstSequence : scan.sequenceNext,
      lastSequence: some ? scan.sequenceNext - 1 : scan.sequenceNext,
      firstMs: scan.firstMs,
      lastMs: scan.wallMs,
      bytes: 0,
      plainBytes: this.plain.length,
      sha256: "",
      records: scan.records,
      counts: {
        observed: scan.observed,
        changed: scan.changed,
        refused: scan.refused,
        held: scan.held - own.count,
      },
      gaps: scan.gaps,
      missing: scan.missing,
      ...this.words(),
      marks: this.marks.filter(
        ({ kind, sequence }) =>
          !(kind === "hold" && own.holds.has(sequence)) &&
          !(kind === "answer" && own.answers.has(sequence)),
      ),
    };
  }

  private take(bytes: Uint8Array, start: number, end: number): void {
    const { plain } = this;
    if (plain.length > BULK_FROM && plain.length < BULK_ROOM)
      plain.reserve(BULK_ROOM - plain.length);
    plain.range(bytes, start, end);
  }

  /** Decoded once for each state of a segment in which anything is held or was. */
  private ownHolds(): OwnHolds {
    if (this.scan.held === 0 && this.ownBefore.size === 0) return NO_OWN_HOLDS;
    const { length } = this.plain;
    if (this.own?.length !== length) {
      const read = readSegment(this.plain.bytes.subarray(0, length));
      this.own = { length, holds: ownHolds(read.records, this.ownBefore) };
    }
    return this.own.holds;
  }

  /** What only decoding tells; done for the few segments that have it. */
  private words(): Pick<IndexLine, "end" | "gapCause"> {
    if (!this.scan.ended && this.scan.gaps === 0) return {};
    const { records } = readSegment(this.plain.bytes.subarray(0, this.plain.length));
    const gap = records.find((record) => record.kind === "gap");
    const end = records.at(-1);
    return {
      ...(gap === undefined ? {} : { gapCause: gap.cause }),
      ...(end?.kind === "end" ? { end: { rule: end.rule, reason: end.reason } } : {}),
    };
  }
}
