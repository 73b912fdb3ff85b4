/** Drives the load process and reads the relay's CPU over exactly the measured time. */
import path from "node:path";
import { createInterface } from "node:readline";
import { type Child, startChild } from "../kit/child.ts";
import type { LoadAnswer, LoadJob } from "./modbus-load.ts";
import { cpuMs } from "./report.ts";

export interface Measured {
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU of the relay per transaction, µs; NaN where there is none. */
  readonly cpuUs: number;
}

export type LoadRun = Omit<Extract<LoadJob, { job: "run" }>, "job">;

export class Load {
  private readonly child: Child;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: Child) {
    this.child = child;
    const stdout = child.process.stdout;
    if (!stdout) throw new Error("the load process has no output");
    this.lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  static async start(): Promise<Load> {
    const script = path.join(import.meta.dirname, "modbus-load.ts");
    return new Load(await startChild(process.execPath, [script], { ready: /load ready/ }));
  }

  /** Connections that stay to the end; answers their number as a fleet. */
  async open(port: number, connections: number): Promise<number> {
    this.tell({ job: "open", port, connections });
    for (;;) {
      const line = await this.line();
      if (/^\d+$/.test(line)) return Number(line);
    }
  }

  async run(run: LoadRun, pid: number | undefined): Promise<Measured> {
    this.tell({ job: "run", ...run });
    await this.until("measuring");
    const before = pid === undefined ? Number.NaN : cpuMs(pid);
    await this.until("measured");
    const usedMs = (pid === undefined ? Number.NaN : cpuMs(pid)) - before;
    const answer = JSON.parse(await this.line()) as LoadAnswer;
    if (answer.exceptions > 0) throw new Error(`${answer.exceptions} exceptions in the bench`);
    return {
      perSecond: answer.transactions / answer.seconds,
      p50Us: answer.p50Us,
      p99Us: answer.p99Us,
      cpuUs: (usedMs * 1000) / answer.transactions,
    };
  }

  async stop(): Promise<void> {
    this.child.process.stdin?.end();
    await this.child.ended;
  }

  private tell(job: LoadJob): void {
    this.child.process.stdin?.write(`${JSON.stringify(job)}\n`);
  }

  private async until(word: string): Promise<void> {
    while ((await this.line()) !== word);
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the load process ended:\n${this.child.output}`);
    return value;
  }
}
