import { performance } from "node:perf_hooks";

/** Time as the broker sees it, passed in everywhere so that a test can run a day in a second. */
export interface Clock {
  /** Milliseconds since the epoch; may step. */
  wallMs(): number;
  /** Milliseconds, fractions included, that never go back. */
  monotonicMs(): number;
  /** Calls back once after at least this long; the returned function prevents it. Does not keep the process alive. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
