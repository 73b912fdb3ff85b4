/**
 * Whether a person sits at a page that watches a session. The page says so again and again while
 * it is shown; one that is hidden, hung or cut off from the network does not count.
 */
import type { Clock } from "../../clock.ts";

/** Three words of the page missed. */
export const PRESENCE_MAX_MS = 15_000;

export class Attendance {
  private readonly clock: Clock;
  private readonly attend: () => () => void;
  private leave: (() => void) | undefined;
  private stopTimer = () => {};

  /** @param attend says that the person is there; what it returns, that they left */
  constructor(clock: Clock, attend: () => () => void) {
    this.clock = clock;
    this.attend = attend;
  }

  say(here: boolean): void {
    if (!here) {
      this.end();
      return;
    }
    this.stopTimer();
    this.stopTimer = this.clock.after(PRESENCE_MAX_MS, () => this.end());
    this.leave ??= this.attend();
  }

  end(): void {
    this.stopTimer();
    const { leave } = this;
    this.leave = undefined;
    leave?.();
  }
}
