/**
 * How much of one session a gateway may tell people. A client or an asset may be behind it as well
 * as the gateway: so it is counted by session, and costs that session alone.
 */
import type { Clock } from "../../clock.ts";

/** In a minute: files with malware out of a folder, held writes; more is read by nobody. */
const NEWS_MAX = 300;
const MINUTE_MS = 60_000;

export class NewsBudget {
  private readonly clock: Clock;
  private readonly spent = new Map<number, { sinceMs: number; count: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** False where it is too much. */
  take(session: number): boolean {
    const nowMs = this.clock.monotonicMs();
    let spent = this.spent.get(session);
    if (!spent || nowMs - spent.sinceMs >= MINUTE_MS) {
      spent = { sinceMs: nowMs, count: 0 };
      this.spent.set(session, spent);
    }
    spent.count += 1;
    return spent.count <= NEWS_MAX;
  }

  forget(session: number): void {
    this.spent.delete(session);
  }
}
