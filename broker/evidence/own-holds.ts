/**
 * Holds that ask no person: the broker reads the value that a rule compares with, or has a file
 * scanned, and goes on by itself milliseconds later. They are on the tape, and nobody steps to
 * them, so the index neither counts nor marks them.
 */
import { awaitsPerson, type TapeRecord } from "../../protocols/tape/record.ts";

export interface OwnHolds {
  /** Operations held so. */
  readonly count: number;
  /** Of the records that hold them, and of those that answer them. */
  readonly holds: ReadonlySet<number>;
  readonly answers: ReadonlySet<number>;
}

export const NO_OWN_HOLDS: OwnHolds = { count: 0, holds: new Set(), answers: new Set() };

/**
 * Of one segment.
 * @param unanswered such holds of the segments before; what is not answered in this one is added
 */
export function ownHolds(records: readonly TapeRecord[], unanswered: Set<string>): OwnHolds {
  const holds = new Set<number>();
  const answers = new Set<number>();
  const here = new Set<string>();
  let count = 0;
  for (const record of records) {
    if (record.kind !== "verdict") continue;
    const key = `${record.channel} ${record.decision}`;
    const held = record.items.filter(({ answer }) => answer.kind === "hold");
    if (held.length === 0) {
      const isHere = here.delete(key);
      if (isHere || unanswered.has(key)) answers.add(record.sequence);
    } else if (!held.some(awaitsPerson)) {
      here.add(key);
      holds.add(record.sequence);
      count += held.length;
    } else {
      // A person is asked after all: the answer is that person's.
      here.delete(key);
      unanswered.delete(key);
    }
  }
  for (const key of here) unanswered.add(key);
  return { count, holds, answers };
}
