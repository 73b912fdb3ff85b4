/**
 * Counts what a segment holds and finds the moments worth jumping to, without decoding its
 * operations: the recorder does this for every record of every session while it is written.
 */
import { CLASSES, FRAME, REFERENCE_FIRST } from "./codec.ts";
import { Cursor } from "./cursor.ts";
import { findFrame, shortFrame, shortLength } from "./frame.ts";
import { skipText } from "./texts.ts";

export interface ScannedMark {
  readonly sequence: number;
  readonly wallMs: number;
  /** `answer`: what was held is settled. */
  readonly kind: "write" | "refusal" | "hold" | "answer" | "capabilities" | "gap" | "end";
}

/** Held at a time; a session may have far fewer. */
const WAITING_MAX = 1_000;

/** Fed the whole frames of one segment in order. */
export class TapeScan {
  records = 0;
  firstSequence = 0;
  firstMs = 0;
  /** The next record's number; the records so far have smaller ones. */
  sequenceNext = 0;
  /** Of the last record. */
  wallMs = 0;
  /** Sequence numbers passed over between the records. */
  missing = 0;
  observed = 0;
  changed = 0;
  refused = 0;
  held = 0;
  gaps = 0;
  /** The last record seen is the end of the tape. */
  ended = false;
  private us = 0;
  private wallOffsetUs = 0;
  private decisionLast = 0;
  private readonly cursor = new Cursor();
  private readonly mark: (mark: ScannedMark) => void;
  private readonly waiting: Set<string>;

  /** @param waiting what was held in the segments before, and goes on from here */
  constructor(mark: (mark: ScannedMark) => void, waiting = new Set<string>()) {
    this.mark = mark;
    this.waiting = waiting;
  }

  /** Answers how many bytes were whole and well-formed frames; less than all means damage. */
  push(bytes: Uint8Array, startsAt = 0, end = bytes.length): number {
    let at = startsAt;
    for (;;) {
      at = this.messages(bytes, at, end);
      const start = shortFrame(bytes, at, end);
      if (start > 0) {
        const next = start + shortLength(bytes, at);
        if (!this.frame(bytes, start, next)) return at - startsAt;
        at = next;
        continue;
      }
      const found = findFrame(bytes, at, end);
      if (found.kind !== "frame" && found.kind !== "preamble") return at - startsAt;
      if (found.kind === "frame" && !this.frame(bytes, found.start, found.next))
        return at - startsAt;
      at = found.next;
    }
  }

  /**
   * Passes over the messages that stand here: two of three records are one, and of them only the
   * time counts. Answers where something else begins.
   */
  private messages(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    for (;;) {
      const start = shortFrame(bytes, at, end);
      const kind = start === 0 ? 0 : (bytes[start] ?? 0);
      if (kind < FRAME.bytesFromClient || kind > FRAME.likeFromAsset) return at;
      const next = start + shortLength(bytes, at);
      const first = bytes[start + 1] ?? 0;
      const second = bytes[start + 2] ?? 0;
      if (start + 3 > next || (first >= 0x80 && second >= 0x80)) return at;
      this.passed(first < 0x80 ? first : (first & 0x7f) | (second << 7));
      this.ended = false;
      this.sequenceNext++;
      at = next;
    }
  }

  private frame(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.cursor;
    cursor.enter(bytes, start, end);
    const kind = cursor.byte();
    if (kind === FRAME.header) {
      this.decisionLast = 0;
      return true;
    }
    if (kind === FRAME.position) this.position();
    else this.record(kind);
    return cursor.fault === undefined;
  }

  private position(): void {
    const sequence = this.cursor.varint();
    if (this.records > 0) this.missing += Math.max(0, sequence - this.sequenceNext);
    this.sequenceNext = sequence;
    this.us = this.cursor.varint();
    this.wallOffsetUs = this.cursor.varint() * 1000 - this.us;
  }

  private record(kind: number): void {
    this.passed(this.cursor.varint());
    this.ended = kind === FRAME.end;
    if (kind === FRAME.verdict) this.verdict();
    else if (kind === FRAME.gap) {
      this.gaps++;
      this.note("gap");
    } else if (kind === FRAME.capabilities) this.note("capabilities");
    else if (kind === FRAME.end) this.note("end");
    this.sequenceNext++;
  }

  private passed(us: number): void {
    this.us += us;
    this.wallMs = Math.floor((this.us + this.wallOffsetUs) / 1000);
    if (this.records++ > 0) return;
    this.firstSequence = this.sequenceNext;
    this.firstMs = this.wallMs;
  }

  private verdict(): void {
    const cursor = this.cursor;
    const channel = cursor.varint();
    const folded = cursor.varint();
    const decision = this.decisionLast + (folded % 2 === 1 ? -(folded + 1) / 2 : folded / 2);
    this.decisionLast = decision;
    let changed = false;
    let refused = false;
    let held = false;
    for (let left = cursor.varint(); left > 0 && cursor.fault === undefined; left--) {
      const head = cursor.byte();
      const answer = head & 3;
      if (answer === 1) {
        this.refused++;
        refused = true;
      } else if (answer === 2) {
        this.held++;
        held = true;
      } else if (CLASSES[head >> 5] === "observe") this.observed++;
      else {
        this.changed++;
        changed = true;
      }
      this.skipItem();
    }
    if (changed) this.note("write");
    if (refused) this.note("refusal");
    const { waiting } = this;
    if (!held && waiting.size === 0) return;
    const key = `${channel} ${decision}`;
    if (held) this.note("hold");
    else if (waiting.delete(key)) this.note("answer");
    if (held && waiting.size < WAITING_MAX) waiting.add(key);
  }

  private skipItem(): void {
    if (this.cursor.varint() < REFERENCE_FIRST) this.cursor.skip(this.cursor.varint());
    skipText(this.cursor);
    skipText(this.cursor);
  }

  private note(kind: ScannedMark["kind"]): void {
    this.mark({ sequence: this.sequenceNext, wallMs: this.wallMs, kind });
  }
}
