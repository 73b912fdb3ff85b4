/** When a look into a recording is worth an event of its own: once, not at each fetch of a page. */
import type { Clock } from "../../clock.ts";

/** A page that fetches again, or comes back after a moment, is the same looking. */
export const VIEW_NOTED_AGAIN_MS = 10 * 60_000;

/** Sign-ins times recordings of ten minutes; beyond it the oldest is noted once more. */
const VIEWS_REMEMBERED_MAX = 10_000;

export class NotedViews {
  private readonly clock: Clock;
  /** When each was noted, oldest first. */
  private readonly noted = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True if this one is to be noted: the first of a sign-in and a recording for some time. */
  isNew(signIn: string, session: string): boolean {
    const nowMs = this.clock.monotonicMs();
    this.forgetBefore(nowMs - VIEW_NOTED_AGAIN_MS);
    const key = `${signIn} ${session}`;
    if (this.noted.has(key)) return false;
    this.noted.set(key, nowMs);
    return true;
  }

  /** The event could not be kept: the next look must be. */
  forget(signIn: string, session: string): void {
    this.noted.delete(`${signIn} ${session}`);
  }

  private forgetBefore(atMs: number): void {
    for (const [key, notedMs] of this.noted) {
      if (notedMs > atMs && this.noted.size < VIEWS_REMEMBERED_MAX) return;
      this.noted.delete(key);
    }
  }
}
