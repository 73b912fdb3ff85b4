/**
 * Tells how often a person asked the broker to stop: the first time it stops in order, the second
 * time at once. A terminal sends Ctrl-C to every program in front, and npm passes on what it got
 * itself: under npm one press is two signals, in quick succession or, on a busy machine, not so
 * quick. So there a press is known to be the second by its third signal, or by the time between.
 */
export type Asked = "stop" | "same" | "at-once";

/** npm passes a signal on within milliseconds; even a busy machine does so within this. */
const SAME_PRESS_MS = 500;

export class StopPresses {
  private readonly signalsOfPress: number;
  private firstMs = 0;
  private signals = 0;

  constructor(underNpm: boolean) {
    this.signalsOfPress = underNpm ? 2 : 1;
  }

  /** @param nowMs of a clock that never goes back */
  signal(nowMs: number): Asked {
    this.signals += 1;
    if (this.signals === 1) {
      this.firstMs = nowMs;
      return "stop";
    }
    const apart = nowMs - this.firstMs > SAME_PRESS_MS;
    return apart || this.signals > this.signalsOfPress ? "at-once" : "same";
  }
}
