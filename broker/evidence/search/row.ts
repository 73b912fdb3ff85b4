/** One line of the index: an operation, a run of polled reads, a text, or what else happened. */
import type { WORDS } from "../../../protocols/search/terms.ts";

type Word<Field extends keyof typeof WORDS> = (typeof WORDS)[Field][number];

export interface IndexedRow {
  /** Of its (first) record, and its place among the items of that record: unique in a recording. */
  readonly sequence: number;
  readonly item: number;
  readonly atMs: number;
  /** Of the last read of a run; the same as the first for everything else. */
  readonly untilSequence: number;
  readonly untilMs: number;
  /** Reads of a run; 1 for everything else. */
  readonly count: number;
  readonly class: Word<"class"> | undefined;
  readonly verdict: Word<"verdict"> | undefined;
  readonly outcome: Word<"outcome"> | undefined;
  /** It waited for a person, whatever became of it. */
  readonly wasHeld: boolean;
  /** A probe of the broker, not the person's own operation. */
  readonly byBroker: boolean;
  readonly action: string;
  readonly rule: string;
  readonly reason: string;
  /** What was typed, shown or named; empty for most. */
  readonly text: string;
  readonly file: string;
  readonly points: readonly IndexedPoint[];
}

/** A tag, or a register without one, that the operation touched. */
export interface IndexedPoint {
  /** Empty for a register without a tag. */
  readonly tag: string;
  readonly unit: number;
  /** Position in `TABLES`. */
  readonly table: number;
  readonly address: number;
  /** Registers it takes. */
  readonly width: number;
  /** Engineering value of a tag, raw value of a register; NaN where none is known. */
  readonly min: number;
  readonly max: number;
  /** Records that asked for the reads which gave them. */
  readonly minSequence: number;
  readonly maxSequence: number;
}
