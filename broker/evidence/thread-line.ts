/** Says one thing after another to a thread, each when the one before was dealt with. */
import type { Worker } from "node:worker_threads";

export class ThreadLine<Said, Answer> {
  private readonly worker: Worker;
  private waiting: PromiseWithResolvers<Answer> | undefined;
  private failure: Error | undefined;

  /** @param ended why nothing is answered any more once the thread has ended */
  constructor(worker: Worker, ended: string) {
    this.worker = worker;
    worker.on("message", (message: Answer) => this.waiting?.resolve(message));
    worker.on("error", (error: Error) => this.fail(error));
    worker.on("exit", () => this.fail(new Error(ended)));
  }

  /** Rejects with what the thread failed of. */
  say(message: Said): Promise<Answer> {
    if (this.failure) return Promise.reject(this.failure);
    this.waiting = Promise.withResolvers();
    this.worker.postMessage(message);
    return this.waiting.promise;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
  }
}
