/** The page's end of the worker that decodes segments: started when needed, ended with the player. */
import { replayText } from "../text/replay.ts";
import type { FromWorker, ToDraw, ToTell, ToWorker } from "./tape-worker.ts";
import type { Thumbnail } from "./thumbnails.ts";
import type { Known, Told } from "./told-story.ts";

interface Waiting {
  take(answer: FromWorker): void;
  reject(error: Error): void;
}

export interface DrawnParts {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** Hands bytes over: the caller has them no more. */
export class TapeReader {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private askLast = 0;

  async read(
    bytes: Uint8Array<ArrayBuffer>,
    known: Known,
    earlier: readonly Uint8Array<ArrayBuffer>[] = [],
  ): Promise<Told> {
    const handed = [bytes, ...earlier];
    const answer = await this.ask({ kind: "tell", bytes, known, earlier }, handed);
    if (answer.kind !== "told") throw new Error(replayText.segment.failed);
    return answer.told;
  }

  /** See `thumbnailsOf`. */
  async draw(
    { frame, parts }: DrawnParts,
    times: readonly number[],
  ): Promise<readonly Thumbnail[]> {
    // The frame may be the empty one, which many share.
    const answer = await this.ask({ kind: "draw", frame, parts, times }, parts);
    return answer.kind === "drawn" ? answer.drawn : [];
  }

  private ask(
    question: ToTell | ToDraw,
    handed: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<FromWorker> {
    const worker = this.start();
    const ask = ++this.askLast;
    return new Promise((take, reject) => {
      this.waiting.set(ask, { take, reject });
      const message: ToWorker = { ask, ...question };
      worker.postMessage(
        message,
        handed.map(({ buffer }) => buffer),
      );
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
    if (answer.kind === "failed") waiting?.reject(new Error(answer.message));
    else waiting?.take(answer);
  }
}
