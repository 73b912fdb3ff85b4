/** Notices when the wall clock is set: times in the evidence then jump, and somebody must know. */
import type { Clock } from "./clock.ts";

/** How often the two clocks are compared. */
const LOOK_MS = 5_000;
/** Time services slew by less; a step of this size reorders events. */
const STEP_MS = 1_000;

/** @param onStep told by how much the clock was moved, forwards positive. Returns a function that stops it. */
export function watchClockSteps(clock: Clock, onStep: (byMs: number) => void): () => void {
  let offsetMs = clock.wallMs() - clock.monotonicMs();
  let cancel = clock.after(LOOK_MS, look);
  function look(): void {
    const nowMs = clock.wallMs() - clock.monotonicMs();
    const byMs = Math.round(nowMs - offsetMs);
    offsetMs = nowMs;
    if (Math.abs(byMs) >= STEP_MS) onStep(byMs);
    cancel = clock.after(LOOK_MS, look);
  }
  return () => cancel();
}
