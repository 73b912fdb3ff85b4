/** The broker's end of the thread that copies, which is started again if it dies. */
import { Worker } from "node:worker_threads";
import type { PlantPlace } from "../../legs/pinned-address.ts";
import type { CopyWorker } from "./copies.ts";
import type { CopyMethod, CopyPlace, FromCopier, ToCopier } from "./copy-messages.ts";

const THREAD = new URL("./copy-thread.ts", import.meta.url);

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** What went wrong there, under its own name. */
class CopyFailed extends Error {
  constructor({ name, message }: { readonly name: string; readonly message: string }) {
    super(message);
    this.name = name;
  }
}

export class CopyLink implements CopyWorker {
  private readonly place: CopyPlace;
  private readonly asked = new Map<number, Waiting>();
  private worker: Worker | undefined;
  private last = 0;
  private plantNow: readonly PlantPlace[] = [];
  private stopped = false;

  constructor(place: CopyPlace) {
    this.place = place;
  }

  /** Where the store is never looked for. */
  plant(places: readonly PlantPlace[]): void {
    this.plantNow = places;
    this.tell({ plant: places });
  }

  readonly survey: CopyWorker["survey"] = (...given) => this.ask("survey", given);
  readonly features: CopyWorker["features"] = () => this.ask("features", []);
  readonly copy: CopyWorker["copy"] = (...given) => this.ask("copy", given);
  readonly proveAgain: CopyWorker["proveAgain"] = (...given) => this.ask("proveAgain", given);
  readonly read: CopyWorker["read"] = (...given) => this.ask("read", given);
  readonly takeAway: CopyWorker["takeAway"] = (...given) => this.ask("takeAway", given);
  readonly hold: CopyWorker["hold"] = (...given) => this.ask("hold", given);
  readonly bury: CopyWorker["bury"] = (...given) => this.ask("bury", given);

  async close(): Promise<void> {
    this.stopped = true;
    await this.worker?.terminate();
  }

  private ask<T>(method: CopyMethod, given: readonly unknown[]): Promise<T> {
    if (this.stopped) return Promise.reject(new Error("the broker is stopping"));
    this.worker ??= this.start();
    const ask = ++this.last;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(ask, { resolve: (answer) => resolve(answer as T), reject });
      this.tell({ ask, method, given });
    });
  }

  private start(): Worker {
    const worker = new Worker(THREAD, { workerData: this.place });
    worker.unref();
    let cause = "it ended";
    worker.on("message", (message: FromCopier) => this.receive(message));
    worker.on("error", (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    worker.on("exit", () => this.died(cause));
    worker.postMessage({ plant: this.plantNow } satisfies ToCopier);
    return worker;
  }

  private tell(message: ToCopier): void {
    this.worker?.postMessage(message);
  }

  private receive(message: FromCopier): void {
    const waiting = this.asked.get(message.ask);
    this.asked.delete(message.ask);
    if ("failed" in message) waiting?.reject(new CopyFailed(message.failed));
    else waiting?.resolve(message.answer);
  }

  /** The next question starts it again. */
  private died(cause: string): void {
    this.worker = undefined;
    for (const { reject } of this.asked.values()) {
      reject(new Error(`the thread that copies stopped: ${cause}`));
    }
    this.asked.clear();
  }
}
