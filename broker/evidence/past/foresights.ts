/**
 * What would have been otherwise under other policies or another plant file, judged in the
 * background when somebody asks: one at a time, in a thread, over recordings that the one who asks
 * may see. Results stay in memory for a while; nothing is written.
 */
import { randomUUID } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../clock.ts";
import type { Plant } from "../../plant/model.ts";
import { assetParts, headOf } from "../../plant/plant-parts.ts";
import type { RecordingHead, Recordings } from "../recordings.ts";
import { ThreadLine } from "../thread-line.ts";
import type { Foreseen } from "./foresee.ts";
import type { ForesightGiven, FromForesight, ToForesight } from "./foresight-thread.ts";

export interface ForesightsParts {
  readonly recordings: Pick<Recordings, "heads" | "get" | "segment">;
  readonly clock: Clock;
}

export interface ForesightAsked extends Omit<ForesightGiven, "head"> {
  readonly plant: Plant;
  /** Id of the person who asked; nobody else sees it. */
  readonly by: string;
  /** What is tried, to tell later that exactly this was. */
  readonly digest: string;
  readonly sinceMs: number;
  wanted(head: RecordingHead): boolean;
}

export type ForesightState =
  | { readonly kind: "waiting" }
  | { readonly kind: "judging" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

export interface ForesightShown {
  readonly id: string;
  readonly by: string;
  readonly digest: string;
  readonly state: ForesightState;
  /** Sessions to judge; those beyond the newest ones are left out. */
  readonly all: number;
  readonly leftOut: number;
  /** So far; all of it once it is done. */
  readonly foreseen: Foreseen;
}

interface Job {
  shown: ForesightShown;
  readonly asked: ForesightAsked;
  readonly askedMs: number;
}

/** Waiting, running and done: some people with one each. */
const JOBS_MAX = 16;
/** The newest: years of them would take hours, and say little of today's plant. */
export const SESSIONS_MAX = 1_000;
/** A million operations take seconds; a list of a hundred million is no help. */
const OPERATIONS_MAX = 5_000_000;
/** Long enough to read it, and to save what was tried. */
const KEPT_MS = 60 * 60_000;
const THREAD = new URL("./foresight-thread.ts", import.meta.url);
const NOTHING: Foreseen = { sessions: 0, operations: 0, differences: [], more: 0 };

export class Foresights {
  private readonly parts: ForesightsParts;
  private readonly jobs = new Map<string, Job>();
  private working = false;
  private worker: Worker | undefined;
  private stopped = false;

  constructor(parts: ForesightsParts) {
    this.parts = parts;
  }

  /** Whoever asks anew lets go of what they asked before. Undefined where too many ask. */
  ask(asked: ForesightAsked): ForesightShown | undefined {
    this.forget();
    for (const { shown } of this.jobs.values()) {
      if (shown.by === asked.by && !isOver(shown)) this.cancel(shown.id, asked.by);
    }
    if (this.stopped || this.jobs.size >= JOBS_MAX) return undefined;
    const { by, digest } = asked;
    const state = { kind: "waiting" } as const;
    const shown = { id: randomUUID(), by, digest, state, all: 0, leftOut: 0, foreseen: NOTHING };
    this.jobs.set(shown.id, { shown, asked, askedMs: this.parts.clock.monotonicMs() });
    void this.work();
    return shown;
  }

  get(id: string, by: string): ForesightShown | undefined {
    this.forget();
    const shown = this.jobs.get(id)?.shown;
    return shown?.by === by ? shown : undefined;
  }

  /** What runs for it ends at once. */
  cancel(id: string, by: string): boolean {
    const job = this.jobs.get(id);
    if (job?.shown.by !== by) return false;
    this.jobs.delete(id);
    if (job.shown.state.kind === "judging") void this.worker?.terminate();
    return true;
  }

  /** Whether this person has looked at what exactly this would have done, to the end. */
  hasTried(by: string, digest: string): boolean {
    this.forget();
    return [...this.jobs.values()].some(
      ({ shown }) => shown.by === by && shown.digest === digest && shown.state.kind === "done",
    );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.jobs.clear();
    await this.worker?.terminate();
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    try {
      for (let job = this.next(); job && !this.stopped; job = this.next()) await this.judge(job);
    } finally {
      this.working = false;
    }
  }

  private next(): Job | undefined {
    return [...this.jobs.values()].find(({ shown }) => shown.state.kind === "waiting");
  }

  private async judge(job: Job): Promise<void> {
    this.is(job, { state: { kind: "judging" } });
    const { plant, policies } = job.asked;
    const workerData: ForesightGiven = { head: headOf(plant), policies };
    const worker = new Worker(THREAD, { workerData });
    this.worker = worker;
    try {
      const line = new ThreadLine<ToForesight, FromForesight>(worker, "it was ended");
      for (const assets of assetParts(plant)) await line.say({ kind: "assets", assets });
      await this.judgeAll(job, line);
      this.is(job, { state: { kind: "done" } });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.is(job, { state: { kind: "failed", reason } });
    } finally {
      this.worker = undefined;
      await worker.terminate();
    }
  }

  /** Oldest first, so that rates are counted as they were. */
  private async judgeAll(job: Job, line: ThreadLine<ToForesight, FromForesight>): Promise<void> {
    const { recordings } = this.parts;
    const { wanted, sinceMs } = job.asked;
    const heads = await recordings.heads(
      (head) => head.state !== "open" && head.startedMs >= sinceMs && wanted(head),
    );
    const newest = heads.toSorted((a, b) => b.startedMs - a.startedMs).slice(0, SESSIONS_MAX);
    this.is(job, { all: newest.length, leftOut: heads.length - newest.length });
    for (const { session } of newest.toReversed()) {
      if (!this.jobs.has(job.shown.id)) return;
      if (job.shown.foreseen.operations >= OPERATIONS_MAX) return;
      await this.judgeOne(job, session, line);
    }
  }

  private async judgeOne(
    job: Job,
    session: string,
    line: ThreadLine<ToForesight, FromForesight>,
  ): Promise<void> {
    const recording = await this.parts.recordings.get(session);
    if (!recording || recording.deletedMs !== undefined) return;
    const { header, segments } = recording;
    const { foreseen: begun } = await line.say({ kind: "recording", header });
    this.is(job, { foreseen: begun });
    for (const { number } of segments) {
      const plain = await this.parts.recordings.segment(session, number);
      if (!plain) throw new Error(`part ${number} of the recording ${session} cannot be read`);
      const { foreseen } = await line.say({ kind: "segment", plain });
      this.is(job, { foreseen });
      if (!this.jobs.has(job.shown.id)) return;
    }
  }

  private is(job: Job, change: Partial<ForesightShown>): void {
    job.shown = { ...job.shown, ...change };
  }

  private forget(): void {
    const nowMs = this.parts.clock.monotonicMs();
    for (const [id, { shown, askedMs }] of this.jobs) {
      if (isOver(shown) && nowMs - askedMs > KEPT_MS) this.jobs.delete(id);
    }
    // Room for who asks now: what is done longest goes first.
    const over = [...this.jobs].filter(([, { shown }]) => isOver(shown));
    if (this.jobs.size >= JOBS_MAX && over[0]) this.jobs.delete(over[0][0]);
  }
}

function isOver({ state }: ForesightShown): boolean {
  return state.kind === "done" || state.kind === "failed";
}
