/**
 * The narrowest profile for what a grant was used for, when somebody asks: one at a time, in a
 * thread, from recordings that the one who asks may see. Nothing is written.
 */
import { Worker } from "node:worker_threads";
import type { RecordingHead, Recordings } from "../recordings.ts";
import { ThreadLine } from "../thread-line.ts";
import type { LearnedProfile, LearnGround } from "./learn-from.ts";
import type { FromLearn, ToLearn } from "./learn-thread.ts";

export type Narrowed =
  | {
      readonly kind: "learned";
      readonly profile: LearnedProfile;
      readonly sessions: number;
      /** Older ones, beyond what is looked at. */
      readonly leftOut: number;
    }
  | { readonly kind: "nothing-done" }
  | { readonly kind: "busy" }
  | { readonly kind: "too-much" };

/** The newest of a grant that stands for years. */
const SESSIONS_MAX = 100;
/** They are kept in the thread until all is judged twice. */
const BYTES_MAX = 64 * 1024 * 1024;
/** A person waits for it. */
const WITHIN_MS = 60_000;
const THREAD = new URL("./learn-thread.ts", import.meta.url);

export class Narrower {
  private readonly recordings: Pick<Recordings, "heads" | "get" | "segment">;
  private worker: Worker | undefined;
  private stopped = false;

  constructor(recordings: Pick<Recordings, "heads" | "get" | "segment">) {
    this.recordings = recordings;
  }

  /** @param wanted of one endpoint alone */
  async learn(ground: LearnGround, wanted: (head: RecordingHead) => boolean): Promise<Narrowed> {
    if (this.worker || this.stopped) return { kind: "busy" };
    const worker = new Worker(THREAD, { workerData: ground });
    this.worker = worker;
    const late = setTimeout(() => void worker.terminate(), WITHIN_MS);
    try {
      return await this.learnIn(new ThreadLine(worker, TOO_LONG), wanted);
    } catch (error) {
      const known = error instanceof Error && (error.message === TOO_LONG || isTooMuch(error));
      if (!known || this.stopped) throw error;
      return { kind: "too-much" };
    } finally {
      clearTimeout(late);
      this.worker = undefined;
      await worker.terminate();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.worker?.terminate();
  }

  private async learnIn(
    line: ThreadLine<ToLearn, FromLearn>,
    wanted: (head: RecordingHead) => boolean,
  ): Promise<Narrowed> {
    const heads = await this.recordings.heads((head) => head.state !== "open" && wanted(head));
    const newest = heads.toSorted((a, b) => b.startedMs - a.startedMs).slice(0, SESSIONS_MAX);
    let bytes = 0;
    for (const { session } of newest.toReversed()) {
      const recording = await this.recordings.get(session);
      if (!recording || recording.deletedMs !== undefined) continue;
      await line.say({ kind: "recording", header: recording.header });
      for (const { number } of recording.segments) {
        const plain = await this.recordings.segment(session, number);
        if (!plain) throw new Error(`part ${number} of the recording ${session} cannot be read`);
        bytes += plain.length;
        if (bytes > BYTES_MAX) return { kind: "too-much" };
        await line.say({ kind: "segment", plain });
      }
    }
    const { learned: profile } = await line.say({ kind: "learn" });
    if (!profile) return { kind: "nothing-done" };
    const sessions = newest.length;
    return { kind: "learned", profile, sessions, leftOut: heads.length - sessions };
  }
}

const TOO_LONG = "learning took too long";

/** Thrown in the thread, where its class is left behind. */
function isTooMuch(error: Error): boolean {
  return error.name === "TooMuchSeen";
}
