/**
 * Bundles for whoever takes one over the network: made while it is read, kept nowhere, a few at a
 * time. Reading log and recordings goes in small pieces, as sessions live in the same thread.
 */
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Clock } from "../../clock.ts";
import type { RecordingComment } from "../../store/recording-comments.ts";
import { bundledComments } from "../viewing/comments.ts";
import { streamBundle } from "./write-bundle.ts";

/** Each reads a disk that sessions are recorded on. */
const AT_ONCE_MAX = 3;
/** Whoever takes nothing for so long keeps others from theirs. */
const STALLED_MS = 60_000;

export interface BundleDeskParts {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Directory of the site log. */
  readonly siteLog: string;
  readonly clock: Clock;
  comments(session: string): Promise<readonly RecordingComment[]>;
}

export class BundleDesk {
  private readonly parts: BundleDeskParts;
  private underWay = 0;

  constructor(parts: BundleDeskParts) {
    this.parts = parts;
  }

  /**
   * A zip. It fails, instead of ending, where it could not be made to its end.
   * @returns undefined where others are taking theirs @throws BundleRefused
   */
  async take(session: string): Promise<Readable | undefined> {
    if (this.underWay >= AT_ONCE_MAX) return undefined;
    this.underWay += 1;
    try {
      const { recordings, siteLog } = this.parts;
      const said = await this.parts.comments(session);
      const comments = (_: string, close: string) => bundledComments(said, close);
      return this.watched(await streamBundle({ recordings, siteLog, comments }, session));
    } catch (error) {
      this.underWay -= 1;
      throw error;
    }
  }

  private watched(zip: Readable): Readable {
    const { clock } = this.parts;
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
    pipeline(zip, passing).catch(() => {});
    passing.once("close", () => {
      stop();
      this.underWay -= 1;
    });
    return passing;
  }
}
