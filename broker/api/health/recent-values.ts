/** The last few measurements of one kind, for the median and the tail on the health page. */

/** Enough for a 99th percentile that means something; sorting them is nothing. */
const KEPT = 512;

export class RecentValues {
  private readonly values: number[] = [];
  private at = 0;

  add(value: number): void {
    this.values[this.at] = value;
    this.at = (this.at + 1) % KEPT;
  }

  /** @param share 0.5 for the median; null before the first measurement */
  quantile(share: number): number | null {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  }
}
