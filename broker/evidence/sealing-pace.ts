/**
 * Whom sealing makes wait. Write-ahead files that are full wait to be sealed; before there are so
 * many that the recorder must fail, whoever fills them waits, so that one transfer that is faster
 * than it can be sealed freezes nobody.
 */
import type { Clock } from "../clock.ts";
import type { EvidenceLimits } from "./limits.ts";

/** Nobody, those who fill the files fastest, all together. */
export type SealingBehind = "not" | "fillers" | "all";

/**
 * With nothing sealed for so long sealing stands still, and nobody waits for it any more: sessions
 * go on until the files are full, and are then told why, instead of hanging.
 */
export const STANDS_STILL_MS = 30_000;

export class SealingPace {
  private readonly limits: EvidenceLimits;
  private readonly clock: Clock;
  private behind: SealingBehind = "not";
  private standsStill = false;
  private waiting: (() => void)[] = [];
  private disarm: (() => void) | undefined;

  constructor(limits: EvidenceLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
  }

  get who(): SealingBehind {
    return this.standsStill ? "not" : this.behind;
  }

  /** One more is begun. @param files that are not freed yet */
  begun(files: number): void {
    this.count(files);
    if (this.behind === "not") this.rest();
    else if (!this.standsStill)
      this.disarm ??= this.clock.after(STANDS_STILL_MS, () => this.stop());
  }

  /** All of one was sealed: those who wait look again. */
  freed(files: number): void {
    this.standsStill = false;
    this.rest();
    this.begun(files);
    this.tellWaiting();
  }

  /** Calls back when it is worth looking again. */
  wait(done: () => void): void {
    this.waiting.push(done);
  }

  tellWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const done of waiting) queueMicrotask(done);
  }

  close(): void {
    this.rest();
  }

  private count(files: number): void {
    const { writeAheadFilesMax, fillersWaitFrom, allWaitFrom } = this.limits;
    const part = files / writeAheadFilesMax;
    this.behind = part > allWaitFrom ? "all" : part > fillersWaitFrom ? "fillers" : "not";
  }

  private stop(): void {
    this.disarm = undefined;
    this.standsStill = true;
    this.tellWaiting();
  }

  private rest(): void {
    this.disarm?.();
    this.disarm = undefined;
  }
}
