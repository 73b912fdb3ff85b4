/**
 * How requests leave to a device that closes its connection. Some do so behind each answer, and
 * what leaves at that moment is lost: to such a device the next request goes only over its next
 * connection. One that is still open when its close was waited for has no such habit. Others close
 * because of one request: those that were under way with it leave one by one, so that it harms
 * itself alone.
 */
import type { Clock } from "../clock.ts";

/** Those that have it close at once. A person does not notice so long a wait. */
const CLOSES_WITHIN_MS = 500;

export class ClosingHabit {
  private readonly clock: Clock;
  /** Requests may leave again. */
  private readonly goOn: () => void;
  private holds = false;
  /** On this connection. */
  private answers = 0;
  /** So many answers come one by one. */
  private single = 0;
  private stopWaiting: (() => void) | undefined;

  constructor(clock: Clock, goOn: () => void) {
    this.clock = clock;
    this.goOn = goOn;
  }

  answered(): void {
    this.answers += 1;
    if (this.single > 0) this.single -= 1;
    if (!this.holds) return;
    this.stopWaiting ??= this.clock.after(CLOSES_WITHIN_MS, () => {
      // Where this process stood still, the close may lie here and be read only now.
      this.stopWaiting = this.clock.after(1, () => this.stayedOpen());
    });
  }

  private stayedOpen(): void {
    this.stopWaiting = undefined;
    this.holds = false;
    this.goOn();
  }

  /**
   * The device closed the connection. Behind several answers it had another reason.
   *
   * @param inFlight requests on it
   */
  closed(inFlight: number): void {
    if (this.answers > 0) this.holds = this.answers === 1;
    if (inFlight > 1) this.single = inFlight;
  }

  /** @param inFlight requests on this connection */
  mayLeave(inFlight: number): boolean {
    if (this.holds && this.answers > 0) return false;
    return inFlight === 0 || (!this.holds && this.single === 0);
  }

  /** The connection is over, whoever ended it. */
  over(): void {
    this.stopWaiting?.();
    this.stopWaiting = undefined;
    this.answers = 0;
  }
}
