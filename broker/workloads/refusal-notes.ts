/** Proofs that were refused, as people hear of them: each kind from an address now and then. */
import type { Clock } from "../clock.ts";
import type { NewSiteEvent } from "../store/site-events.ts";

/** A program that tries again every second is told once. */
const QUIET_MS = 60_000;
/** Different ones that are remembered; with more, all are told anew. */
const TOLD_MAX = 500;
/** In all, in that time: a flood of different ones must not fill the database. */
const NOTES_MAX = 60;

export class RefusalNotes {
  private readonly clock: Clock;
  private readonly note: (event: NewSiteEvent) => void;
  private readonly told = new Map<string, number>();
  private windowMs = Number.NEGATIVE_INFINITY;
  private count = 0;

  constructor(clock: Clock, note: (event: NewSiteEvent) => void) {
    this.clock = clock;
    this.note = note;
  }

  refused(address: string, why: string): void {
    const nowMs = this.clock.monotonicMs();
    const name = `${address} ${why}`;
    if ((this.told.get(name) ?? Number.NEGATIVE_INFINITY) + QUIET_MS > nowMs) return;
    if (this.told.size >= TOLD_MAX) this.told.clear();
    this.told.set(name, nowMs);
    if (this.windowMs + QUIET_MS <= nowMs) {
      this.windowMs = nowMs;
      this.count = 0;
    }
    this.count += 1;
    if (this.count > NOTES_MAX) return;
    this.note({
      kind: "workload:refused",
      priority: "alarm",
      text: `A program at ${address} did not prove a workload: ${why}`,
      about: { address },
    });
  }
}
