/** Time as the pages see it, passed in so that a test can run an hour in a moment. */
export interface Clock {
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Milliseconds that never go back. */
  monotonicMs(): number;
  /** Calls back once after this long; the returned function prevents it. */
  after(delayMs: number, call: () => void): () => void;
}

export const browserClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
