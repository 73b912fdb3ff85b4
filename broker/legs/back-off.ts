/** How long an asset that cannot be reached is left alone, and what is said meanwhile. */

/** First wait after a failed connection; doubles up to the last. */
const FIRST_MS = 100;
/** A person at a workbench should not wait longer than this for a device that came back. */
const LAST_MS = 5_000;

export class BackOff {
  private failures = 0;
  private reason = "";
  private untilMs = 0;

  get hasFailed(): boolean {
    return this.failures > 0;
  }

  failed(reason: string, nowMs: number): void {
    const waitMs = Math.min(LAST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    this.reason = reason;
    this.untilMs = nowMs + waitMs;
  }

  /** It failed for the first time, and is tried again at once. */
  doubted(): void {
    this.failures = 1;
  }

  succeeded(): void {
    this.failures = 0;
  }

  /** Why it is not tried now; undefined where it may be. */
  obstacle(now: () => number): string | undefined {
    if (this.failures === 0 || now() >= this.untilMs) return undefined;
    return `the asset cannot be reached: ${this.reason}`;
  }
}
