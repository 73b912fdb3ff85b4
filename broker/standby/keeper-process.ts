/** What the keeper does in its own process. */
import type { Readable } from "node:stream";

export const BEAT_MS = 500;
/**
 * Ten seconds of one that the system says is stopped. Counted in own ticks and not by a clock:
 * where the whole machine stood still, the keeper did too.
 */
export const STOPPED_MAX = 20;
/** A minute of one that runs: reading a large plant file on a busy machine takes seconds. */
export const SILENT_MAX = 120;

export interface Kept {
  /** Says "." twice a second. */
  readonly beats: Readable;
  /** Whether the broker is there still, and is this process's parent. */
  isThere(): boolean;
  /** Whether the system lets it run. */
  isStopped(): boolean;
  kill(): void;
  /** There is nothing to watch any more. */
  end(): void;
}

/** @returns a function that stops watching */
export function keep({ beats, isThere, isStopped, kill, end }: Kept): () => void {
  let missed = 0;
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearInterval(timer);
  const over = () => {
    stop();
    end();
  };
  beats.on("data", () => {
    missed = 0;
  });
  beats.once("close", over);
  beats.once("error", over);
  timer = setInterval(() => {
    missed += 1;
    if (!isThere()) over();
    else if (missed > SILENT_MAX || (missed > STOPPED_MAX && isStopped())) {
      kill();
      over();
    }
  }, BEAT_MS);
  return stop;
}
