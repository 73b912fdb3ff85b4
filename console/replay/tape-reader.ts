/** The page's end of the worker that decodes segments: started when needed, ended with the player. */
import { replayText } from "../text/replay.ts";
import type { FromWorker, ToWorker } from "./tape-worker.ts";
import type { Known, Told } from "./told-story.ts";

interface Waiting {
  resolve(told: Told): void;
  reject(error: Error): void;
}

export class TapeReader {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private askLast = 0;

  /** The bytes are handed over: the caller has them no more. */
  read(
    bytes: Uint8Array<ArrayBuffer>,
    known: Known,
    earlier: readonly Uint8Array<ArrayBuffer>[] = [],
  ): Promise<Told> {
    const worker = this.start();
    const ask = ++this.askLast;
    return new Promise((resolve, reject) => {
      this.waiting.set(ask, { resolve, reject });
      const message: ToWorker = { ask, bytes, known, earlier };
      worker.postMessage(message, [bytes.buffer, ...earlier.map(({ buffer }) => buffer)]);
    });
  }

  close(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const { reject } of this.waiting.values()) reject(new Error(replayText.segment.failed));
    this.waiting.clear();
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(new URL("./tape-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.settle(data);
    // Out of memory, or its file is of a build that is gone: the next part starts another.
    worker.onerror = () => this.close();
    this.worker = worker;
    return worker;
  }

  private settle(answer: FromWorker): void {
    const waiting = this.waiting.get(answer.ask);
    this.waiting.delete(answer.ask);
    if (answer.kind === "told") waiting?.resolve(answer.told);
    else waiting?.reject(new Error(answer.message));
  }
}
