/**
 * Calls into the store's thread. Independent statements that wait at the same time share one
 * commit; transactions have the thread to themselves. When the thread dies, every waiting and
 * every later call rejects: nothing hangs, and nothing is retried behind the caller's back.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../clock.ts";
import type { Engine, EngineTransaction } from "./engine.ts";
import type { FromThread, Result, Statement, ThreadOptions, ToThread } from "./sqlite-message.ts";
import { StoreFailed, StoreInUse, UniqueViolation } from "./store-failed.ts";

/** One commit carries at most this many statements, so that none waits long for the others. */
const GROUP_MAX = 256;
/** Calls waiting for the thread; more than a second of its work. */
const QUEUE_MAX = 20_000;
/** A transaction holds up everybody: one that takes longer is a fault and is rolled back. */
export const TRANSACTION_MAX_MS = 10_000;
/** SQLITE_BUSY in the low byte of any of its extended codes: another process owns the file. */
const SQLITE_BUSY = 5;
/** SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE. */
const UNIQUE_CODES: readonly number[] = [1555, 2067];

export type Answered = Exclude<Result, { readonly error: string }>;

interface Waiting {
  readonly resolve: (results: readonly Result[]) => void;
  readonly reject: (error: Error) => void;
}

type Job =
  | {
      readonly kind: "statement";
      readonly statement: Statement;
      readonly resolve: (result: Answered) => void;
      readonly reject: (error: Error) => void;
    }
  | {
      readonly kind: "transaction";
      readonly start: () => void;
      readonly reject: (error: Error) => void;
    };

export class SqliteThread implements Engine {
  private readonly worker: Worker;
  private readonly clock: Clock;
  private readonly waiting = new Map<number, Waiting>();
  private queue: Job[] = [];
  private nextNumber = 1;
  /** A group is at work, or a transaction has the thread. */
  private busy = false;
  private failure: StoreFailed | undefined;
  private readonly exited: Promise<void>;
  private crashed: StoreFailed | undefined;
  private readonly crashListeners = new Set<(error: StoreFailed) => void>();

  private constructor(options: ThreadOptions, clock: Clock) {
    this.clock = clock;
    this.worker = new Worker(new URL("./sqlite-thread.worker.ts", import.meta.url), {
      workerData: options,
      // Flags meant for the main program (an inspector, an --eval) are not meant for this thread.
      execArgv: [],
    });
    this.worker.on("message", (message: FromThread) => this.answered(message));
    this.worker.on("error", (error) => this.fail(`the store's thread failed: ${error.message}`));
    this.exited = new Promise((resolve) => {
      this.worker.on("exit", () => {
        this.fail("the store's thread has ended");
        resolve();
      });
    });
  }

  static async open(path: string, clock: Clock, reserveBytes = 0): Promise<SqliteThread> {
    const thread = new SqliteThread({ path, reserveBytes }, clock);
    const [failed] = await new Promise<readonly Result[]>((resolve, reject) => {
      thread.waiting.set(0, { resolve, reject });
    });
    if (!failed || !("error" in failed)) return thread;
    thread.failure = new StoreFailed("the store was never opened");
    await thread.exited;
    if ((failed.errorCode & 0xff) === SQLITE_BUSY) {
      throw new StoreInUse(`another process has the database open: ${path}`);
    }
    throw new StoreFailed(`cannot open the database ${path}: ${failed.error}`);
  }

  /** Called once if the thread dies, or has died, without being closed. */
  onFailure(listener: (error: StoreFailed) => void): void {
    this.crashListeners.add(listener);
    if (this.crashed) listener(this.crashed);
  }

  get trouble(): StoreFailed | undefined {
    return this.failure;
  }

  /** Never: a thread that is gone does not come back. */
  onAway(): void {}

  async copyTo(path: string): Promise<void> {
    await this.alone({ sql: "vacuum into ?", parameters: [path] });
  }

  /** Resolves once the statement's effect is on disk. */
  run(statement: Statement): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.enqueue({ kind: "statement", statement, resolve, reject });
    });
  }

  /** A statement that no transaction may surround; the thread does nothing else meanwhile. */
  alone(statement: Statement): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const start = () => {
        void this.send(statement)
          .then(resolve, reject)
          .finally(() => this.free());
      };
      this.enqueue({ kind: "transaction", start, reject });
    });
  }

  /** Resolves when the thread is this transaction's own; `close` must follow. */
  begin(): Promise<EngineTransaction> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.send({ sql: "begin immediate", parameters: [] }).then(
          () => resolve(this.transaction()),
          (error: Error) => {
            reject(error);
            this.free();
          },
        );
      };
      this.enqueue({ kind: "transaction", start, reject });
    });
  }

  /** Lets what is queued finish, then closes the file. */
  async close(): Promise<void> {
    if (!this.failure) {
      await this.run({ sql: "select 1", parameters: [] }).catch(() => {});
      this.failure ??= new StoreFailed("the store is closed");
      this.rejectAll(this.failure);
      this.worker.postMessage("close");
    }
    await this.exited;
  }

  /** Kills the thread as a crash would. */
  async crash(): Promise<void> {
    await this.worker.terminate();
    await this.exited;
  }

  private transaction(): EngineTransaction {
    let over = false;
    const expire = this.clock.after(TRANSACTION_MAX_MS, () => void finish("rollback"));
    const finish = async (sql: "commit" | "rollback") => {
      if (over) {
        if (sql === "rollback") return;
        throw new StoreFailed("the transaction took too long and was rolled back");
      }
      over = true;
      expire();
      try {
        await this.send({ sql, parameters: [] });
      } catch (error) {
        // Already rolled back if the disk refused the commit; then this says so, and that is fine.
        if (sql === "commit") await this.send(ROLLBACK).catch(() => {});
        throw error;
      } finally {
        this.free();
      }
    };
    return {
      run: (statement) =>
        over ? Promise.reject(new StoreFailed("the transaction is over")) : this.send(statement),
      commit: () => finish("commit"),
      rollback: () => finish("rollback").catch(() => {}),
    };
  }

  private enqueue(job: Job): void {
    if (this.failure) {
      job.reject(this.failure);
      return;
    }
    if (this.queue.length >= QUEUE_MAX) {
      job.reject(new StoreFailed("too many calls wait for the store"));
      return;
    }
    this.queue.push(job);
    this.next();
  }

  private next(): void {
    const first = this.queue[0];
    if (this.busy || !first) return;
    this.busy = true;
    if (first.kind === "transaction") {
      this.queue.shift();
      first.start();
      return;
    }
    this.sendGroup();
  }

  private sendGroup(): void {
    const jobs: (Job & { kind: "statement" })[] = [];
    for (const job of this.queue) {
      if (job.kind !== "statement" || jobs.length === GROUP_MAX) break;
      jobs.push(job);
    }
    this.queue = this.queue.slice(jobs.length);
    this.post(
      true,
      jobs.map((job) => job.statement),
    ).then(
      (results) => {
        for (const [index, job] of jobs.entries()) settle(results[index], job);
        this.free();
      },
      (error: Error) => {
        for (const job of jobs) job.reject(error);
      },
    );
  }

  private async send(statement: Statement): Promise<Answered> {
    const [result] = await this.post(false, [statement]);
    return new Promise((resolve, reject) => settle(result, { resolve, reject }));
  }

  private post(group: boolean, statements: readonly Statement[]): Promise<readonly Result[]> {
    if (this.failure) return Promise.reject(this.failure);
    const number = this.nextNumber++;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.worker.postMessage({ number, group, statements } satisfies ToThread);
    });
  }

  private answered({ number, results }: FromThread): void {
    const waiting = this.waiting.get(number);
    this.waiting.delete(number);
    waiting?.resolve(results);
  }

  private free(): void {
    this.busy = false;
    this.next();
  }

  private fail(message: string): void {
    if (this.failure) return;
    this.failure = new StoreFailed(message);
    this.crashed = this.failure;
    this.rejectAll(this.failure);
    for (const listener of this.crashListeners) listener(this.failure);
  }

  private rejectAll(error: StoreFailed): void {
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
    for (const job of this.queue) job.reject(error);
    this.queue = [];
  }
}

const ROLLBACK: Statement = { sql: "rollback", parameters: [] };

function settle(
  result: Result | undefined,
  to: { resolve: (result: Answered) => void; reject: (error: Error) => void },
): void {
  if (!result) {
    to.reject(new StoreFailed("the store's thread gave no answer"));
  } else if (!("error" in result)) {
    to.resolve(result);
  } else {
    const unique = UNIQUE_CODES.includes(result.errorCode);
    to.reject(unique ? new UniqueViolation(result.error) : new StoreFailed(result.error));
  }
}
