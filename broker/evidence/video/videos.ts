/**
 * Videos of recordings, made when somebody asks: one at a time, in a thread, never at the end of a
 * session. They stay in memory for a while and never touch the disk: a recording rests encrypted.
 */
import { randomUUID } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";
import type { Recording, Recordings } from "../recordings.ts";
import { ThreadLine } from "../thread-line.ts";
import type { FilmSpan } from "./screen-film.ts";
import type { FromVideo, ToVideo } from "./video-thread.ts";

export interface VideosParts {
  readonly recordings: Pick<Recordings, "segment" | "frame">;
  readonly clock: Clock;
}

export type VideoState =
  | { readonly kind: "waiting" }
  /** `share` of the recording that is done, from 0 to 1. */
  | { readonly kind: "making"; readonly share: number }
  /** `shortened`: the video ends before the part that was asked for does. */
  | { readonly kind: "ready"; readonly bytes: Uint8Array; readonly shortened: boolean }
  | { readonly kind: "failed"; readonly reason: string };

export interface Video {
  readonly id: string;
  readonly session: string;
  /** Id of the person who asked; nobody else sees it. */
  readonly by: string;
  readonly span: FilmSpan;
  readonly state: VideoState;
}

interface Job {
  video: Video;
  readonly recording: Recording;
  readonly beganMs: number;
}

/** Waiting, being made and ready: a person asks for one, and sometimes for another. */
const JOBS_MAX = 8;
const OF_ONE_PERSON_MAX = 2;
/** Long enough to be downloaded after a walk. */
const KEPT_MS = 30 * 60_000;
/** Ready ones together; the oldest goes first. */
const READY_BYTES_MAX = 256 * 1_048_576;
/** Segments before the part that are drawn where it has no key frame of its own. */
const EARLIER_MAX = 32;
const THREAD = new URL("./video-thread.ts", import.meta.url);

export class Videos {
  private readonly parts: VideosParts;
  private readonly jobs = new Map<string, Job>();
  private working = false;
  private worker: Worker | undefined;
  private stopped = false;

  constructor(parts: VideosParts) {
    this.parts = parts;
  }

  /** @returns undefined where too many are asked for already */
  ask(recording: Recording, by: string, span: FilmSpan): Video | undefined {
    this.forget();
    const open = [...this.jobs.values()].filter(({ video }) => video.by === by && !isOver(video));
    if (this.jobs.size >= JOBS_MAX || open.length >= OF_ONE_PERSON_MAX) return undefined;
    const { session } = recording.header;
    const video: Video = { id: randomUUID(), session, by, span, state: { kind: "waiting" } };
    this.jobs.set(video.id, { video, recording, beganMs: this.parts.clock.monotonicMs() });
    void this.work();
    return video;
  }

  get(id: string, by: string): Video | undefined {
    this.forget();
    const video = this.jobs.get(id)?.video;
    return video?.by === by ? video : undefined;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.jobs.clear();
    await this.worker?.terminate();
  }

  private async work(): Promise<void> {
    if (this.working || this.stopped) return;
    this.working = true;
    try {
      for (let job = this.next(); job && !this.stopped; job = this.next()) await this.make(job);
    } finally {
      this.working = false;
    }
  }

  private next(): Job | undefined {
    return [...this.jobs.values()].find(({ video }) => video.state.kind === "waiting");
  }

  private async make(job: Job): Promise<void> {
    this.is(job, { kind: "making", share: 0 });
    try {
      this.is(job, await this.film(job));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.is(job, { kind: "failed", reason });
    } finally {
      this.worker = undefined;
    }
  }

  private async film(job: Job): Promise<VideoState> {
    const { recording, video } = job;
    const worker = new Worker(THREAD, { workerData: video.span });
    this.worker = worker;
    const line = new ThreadLine<ToVideo, FromVideo>(worker, "the thread that makes it has ended");
    try {
      const { session } = recording.header;
      const wanted = await this.wanted(recording, video.span);
      if (wanted.frame) await line.say({ kind: "standing", frame: wanted.frame });
      for (const [n, number] of wanted.numbers.entries()) {
        const plain = await this.parts.recordings.segment(session, number);
        if (!plain) throw new Error(`part ${number} of the recording cannot be read`);
        await line.say({ kind: "segment", plain });
        this.is(job, { kind: "making", share: (n + 1) / wanted.numbers.length });
      }
      const made = await line.say({ kind: "end" });
      if (made.kind === "empty") throw new Error("nothing was shown in this part");
      if (made.kind !== "made") throw new Error("the video was not finished");
      return { kind: "ready", bytes: made.bytes, shortened: made.shortened };
    } finally {
      await worker.terminate();
    }
  }

  /** The segments of the part, from the nearest key frame before it. */
  private async wanted({ header, segments }: Recording, { fromMs, untilMs }: FilmSpan) {
    const within = segments.filter(({ firstMs, lastMs }) => lastMs >= fromMs && firstMs <= untilMs);
    const numbers = within.map(({ number }) => number);
    let first = segments.findIndex(({ number }) => number === numbers[0]);
    for (let tried = 0; first > 0 && tried < EARLIER_MAX; tried += 1) {
      const number = segments[first]?.number ?? 0;
      const frame = await this.parts.recordings.frame(header.session, number);
      if (frame && frame.length > 0) return { frame, numbers };
      first -= 1;
      numbers.unshift(segments[first]?.number ?? 0);
    }
    return { frame: undefined, numbers };
  }

  private is(job: Job, state: VideoState): void {
    job.video = { ...job.video, state };
  }

  private forget(): void {
    const nowMs = this.parts.clock.monotonicMs();
    let bytes = 0;
    for (const [id, { video, beganMs }] of [...this.jobs].reverse()) {
      if (video.state.kind === "ready") bytes += video.state.bytes.length;
      const tooOld = isOver(video) && nowMs - beganMs > KEPT_MS;
      if (tooOld || (video.state.kind === "ready" && bytes > READY_BYTES_MAX)) this.jobs.delete(id);
    }
  }
}

function isOver({ state }: Video): boolean {
  return state.kind === "ready" || state.kind === "failed";
}
