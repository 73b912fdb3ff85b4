/** Counts what was judged, and tells control a few times a second at most. */
import type { Answer, OperationClass } from "../../../protocols/guard.ts";
import type { Clock } from "../../clock.ts";

type Count = readonly [OperationClass, Answer["kind"], number];

const TOLD_EVERY_MS = 1_000;

export class Tally {
  private readonly clock: Clock;
  private readonly told: (counts: readonly Count[]) => void;
  private readonly counts = new Map<string, { count: number; readonly of: Count }>();
  private stopTimer: (() => void) | undefined;

  constructor(clock: Clock, told: (counts: readonly Count[]) => void) {
    this.clock = clock;
    this.told = told;
  }

  count(operationClass: OperationClass, verdict: Answer["kind"]): void {
    const key = operationClass + verdict;
    const known = this.counts.get(key);
    if (known) known.count += 1;
    else this.counts.set(key, { count: 1, of: [operationClass, verdict, 0] });
    this.stopTimer ??= this.clock.after(TOLD_EVERY_MS, () => this.tell());
  }

  stop(): void {
    this.stopTimer?.();
  }

  private tell(): void {
    this.stopTimer = undefined;
    const counts = [...this.counts.values()].map(({ count, of }): Count => [of[0], of[1], count]);
    this.counts.clear();
    this.told(counts);
  }
}
