/**
 * What happened while the database was out of reach, kept in memory and written once it is back:
 * in its order and with its time. What a stop or a crash comes before is in the log file alone.
 */
import type { NewSiteEvent } from "./store/site-events.ts";
import type { Store } from "./store/store.ts";
import { StoreAway } from "./store/store-failed.ts";

/** Some hours of a busy site; what comes after is counted. */
const LATE_MAX = 10_000;

export class LateEvents {
  private readonly store: Store;
  private readonly failed: (error: unknown) => void;
  private waiting: NewSiteEvent[] = [];
  private dropped = 0;

  /** @param failed an event was not kept */
  constructor(store: Store, failed: (error: unknown) => void) {
    this.store = store;
    this.failed = failed;
  }

  /** Never waits and never throws. @param nowMs wall clock */
  record(event: NewSiteEvent, nowMs: number): void {
    this.store.log.record(event).catch((error: unknown) => {
      if (!(error instanceof StoreAway)) return this.failed(error);
      const isRoom = this.waiting.length < LATE_MAX;
      if (isRoom) this.waiting.push({ atMs: nowMs, ...event });
      else this.dropped += 1;
    });
  }

  /** The database is back. @returns how many are written now */
  write(nowMs: number): number {
    const { waiting, dropped } = this;
    this.waiting = [];
    this.dropped = 0;
    for (const event of waiting) this.record(event, nowMs);
    if (dropped > 0) {
      const text = `${dropped} events of the time without a database are in the log file alone`;
      this.record({ kind: "store:events-lost", priority: "alarm", text }, nowMs);
    }
    return waiting.length;
  }
}
