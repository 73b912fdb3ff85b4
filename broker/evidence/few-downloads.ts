/**
 * Downloads that cost the broker something while they last: a few at a time, each until it has been
 * read to its end or let go of, and none that nobody reads any more.
 */
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../clock.ts";

/** Whoever takes nothing for so long keeps others from theirs. */
const STALLED_MS = 60_000;

export class FewDownloads {
  private readonly clock: Clock;
  private readonly atOnceMax: number;
  private underWay = 0;

  constructor(clock: Clock, atOnceMax: number) {
    this.clock = clock;
    this.atOnceMax = atOnceMax;
  }

  /**
   * Fails, instead of ending, where it could not be made to its end or is not taken any more.
   * @returns undefined where others are taking theirs. Rejects as `make`, which then holds no place
   */
  async take(make: () => Promise<Readable>): Promise<Readable | undefined> {
    if (this.underWay >= this.atOnceMax) return undefined;
    this.underWay += 1;
    try {
      return this.watched(await make());
    } catch (error) {
      this.underWay -= 1;
      throw error;
    }
  }

  private watched(content: Readable): Readable {
    const { clock } = this;
    const stalled = () => clock.after(STALLED_MS, () => passing.destroy(new Error("stalled")));
    let stop = () => {};
    const passing = new Transform({
      transform(piece, _encoding, done) {
        stop();
        stop = stalled();
        done(null, piece);
      },
    });
    stop = stalled();
    // Who reads it hears of a failure by the stream itself.
    pipeline(content, passing).catch(() => {});
    passing.once("close", () => {
      stop();
      this.underWay -= 1;
    });
    return passing;
  }
}
