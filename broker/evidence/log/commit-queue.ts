/** Leaves that wait for the disk: what comes while one commit is under way goes into the next. */
import { COMMIT_BYTES_MAX, type LogLimits } from "./limits.ts";

/** The leaf was not kept, and the caller must not go on as if it had been. */
export class LogUnavailable extends Error {
  override readonly name = "LogUnavailable";
}

interface Waiting {
  readonly entry: Uint8Array;
  readonly kept: (index: number) => void;
  readonly refused: (error: unknown) => void;
}

export class CommitQueue {
  private readonly limits: LogLimits;
  private readonly commit: (entries: readonly Uint8Array[]) => Promise<number>;
  private waiting: Waiting[] = [];
  private bytes = 0;
  private running: Promise<void> | undefined;

  /** @param commit answers the index of the first entry once all are durable */
  constructor(limits: LogLimits, commit: (entries: readonly Uint8Array[]) => Promise<number>) {
    this.limits = limits;
    this.commit = commit;
  }

  add(entry: Uint8Array): Promise<number> {
    const { pendingLeavesMax, pendingBytesMax } = this.limits;
    if (this.waiting.length >= pendingLeavesMax || this.bytes >= pendingBytesMax) {
      return Promise.reject(new LogUnavailable("the disk cannot keep up with the site log"));
    }
    return new Promise((kept, refused) => {
      this.waiting.push({ entry, kept, refused });
      this.bytes += entry.length;
      this.running ??= this.run();
    });
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // What is appended in the same turn goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.next();
      try {
        const first = await this.commit(batch.map(({ entry }) => entry));
        for (const [at, { kept }] of batch.entries()) kept(first + at);
      } catch (error) {
        for (const { refused } of batch) refused(error);
      }
    }
    this.running = undefined;
  }

  private next(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { entry } of this.waiting) {
      if (count > 0 && bytes + entry.length > COMMIT_BYTES_MAX) break;
      bytes += entry.length;
      count += 1;
    }
    this.bytes -= bytes;
    return this.waiting.splice(0, count);
  }
}
