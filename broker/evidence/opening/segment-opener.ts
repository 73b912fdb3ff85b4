/**
 * The broker's end of the thread that opens segments. One at a time, and what somebody waits for
 * before what is only expected. The thread is started when it is first needed, and again if it dies.
 */
import { Worker } from "node:worker_threads";
import { type Opened, openOne, type ToOpen } from "./opener-thread.ts";

export interface SealedBytes {
  readonly sealed: Uint8Array;
  /** Of the sealed bytes; undefined where nothing vouches for them. */
  readonly sha256: string | undefined;
}

const THREAD = new URL("./opener-thread.ts", import.meta.url);

const STOPPING = "the broker is stopping";

interface Job extends SealedBytes {
  readonly done: PromiseWithResolvers<Uint8Array>;
}

export class SegmentOpener {
  private readonly identities: readonly string[];
  private readonly here: boolean;
  private worker: Worker | undefined;
  private readonly urgent: Job[] = [];
  private readonly expected: Job[] = [];
  private running: Job | undefined;
  private stopped = false;

  /** @param here open in this thread: for tests that bring their own volume */
  constructor(identities: readonly string[], here: boolean) {
    this.identities = identities;
    this.here = here;
  }

  /** Rejects if the bytes are not those that were sealed, or no key of the site opens them. */
  open(bytes: SealedBytes, urgency: "now" | "later"): Promise<Uint8Array> {
    if (this.stopped) return Promise.reject(new Error(STOPPING));
    const job: Job = { ...bytes, done: Promise.withResolvers() };
    if (urgency === "now") this.urgent.push(job);
    else this.expected.push(job);
    this.next();
    return job.done.promise;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    const worker = this.worker;
    this.worker = undefined;
    for (const job of [this.running, ...this.urgent.splice(0), ...this.expected.splice(0)]) {
      job?.done.reject(new Error(STOPPING));
    }
    this.running = undefined;
    await worker?.terminate();
  }

  private next(): void {
    if (this.running !== undefined || this.stopped) return;
    const job = this.urgent.shift() ?? this.expected.shift();
    if (job === undefined) return;
    this.running = job;
    const wanted: ToOpen = { ask: 0, sealed: job.sealed, sha256: job.sha256 };
    if (this.here) void openOne(wanted, this.identities).then((opened) => this.opened(opened));
    else this.thread().postMessage(wanted);
  }

  private opened(opened: Opened): void {
    const job = this.running;
    this.running = undefined;
    if ("plain" in opened) job?.done.resolve(opened.plain);
    else job?.done.reject(new Error(opened.fault));
    this.next();
  }

  private thread(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(THREAD, { workerData: { identities: this.identities } });
    worker.unref();
    this.worker = worker;
    worker.on("message", (opened: Opened) => this.opened(opened));
    worker.on("error", (error) => this.died(worker, String(error)));
    worker.on("exit", () => this.died(worker, "it ended"));
    return worker;
  }

  private died(worker: Worker, why: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.opened({ ask: 0, fault: `the thread that opens segments stopped: ${why}` });
  }
}
