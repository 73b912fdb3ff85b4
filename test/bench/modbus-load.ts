/**
 * The client of the Modbus bench, a process of its own. Takes one JSON job a line on standard
 * input: `open` connects a fleet that stays for all rounds, so that no round measures the opening
 * or closing of sessions; `run` drives it in closed loops, one request in flight each.
 */
import net from "node:net";
import { createInterface } from "node:readline";

export type LoadJob =
  | { readonly job: "open"; readonly port: number; readonly connections: number }
  | {
      readonly job: "run";
      /** As numbered by `open`, from 0. */
      readonly fleet: number;
      readonly kind: "read" | "write";
      readonly warmMs: number;
      readonly forMs: number;
    };

export interface LoadAnswer {
  readonly transactions: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly exceptions: number;
}

const REGISTERS_READ = 10;
const LATENCIES_MAX = 1 << 20;
/** Between a run's last reply and its answer: longer than any reply takes to come or be given up. */
const QUIET_WITHIN_MS = 5_000;
const shared = Buffer.allocUnsafeSlow(65_536);
const latencies = new Float64Array(LATENCIES_MAX);
const measure = { on: false, count: 0, transactions: 0, exceptions: 0 };
const fleets: Loop[][] = [];

const REQUESTS = {
  read: Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, REGISTERS_READ]),
  write: Buffer.from([0, 1, 0, 0, 0, 6, 1, 6, 0, 100, 0, 55]),
};
const REPLY_LENGTHS = { read: 9 + REGISTERS_READ * 2, write: 12 };

class Loop {
  readonly socket: net.Socket;
  private kind: "read" | "write" = "read";
  private received = 0;
  private sentAt = 0;
  private running = false;
  private idle = true;
  private answered: () => void = () => {};

  constructor(port: number, connected: (error?: Error) => void) {
    this.socket = net.connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: shared, callback: (count) => this.reply(count) },
    });
    this.socket.once("connect", () => connected());
    this.socket.on("error", connected);
    this.socket.on("close", () => {
      if (this.running) throw new Error("a connection was closed under load");
    });
  }

  start(kind: "read" | "write"): void {
    this.kind = kind;
    this.running = true;
    this.send();
  }

  /** Resolves once the request under way is answered. */
  stop(): Promise<void> {
    this.running = false;
    if (this.idle) return Promise.resolve();
    return new Promise((resolve) => {
      this.answered = resolve;
    });
  }

  private send(): void {
    this.idle = false;
    this.sentAt = performance.now();
    this.socket.write(REQUESTS[this.kind]);
  }

  private reply(count: number): boolean {
    const length = REPLY_LENGTHS[this.kind];
    if (this.received === 0 && count >= 8 && ((shared[7] ?? 0) & 0x80) !== 0) {
      measure.exceptions += 1;
      this.received = length;
    } else this.received += count;
    if (this.received < length) return true;
    this.received = 0;
    if (measure.on) this.count();
    if (this.running) this.send();
    else {
      this.idle = true;
      this.answered();
    }
    return true;
  }

  private count(): void {
    measure.transactions += 1;
    if (measure.count === LATENCIES_MAX) return;
    latencies[measure.count] = performance.now() - this.sentAt;
    measure.count += 1;
  }
}

/** Answers once every connection has been served: whatever opening one costs is over then. */
async function open(port: number, connections: number): Promise<number> {
  const loops: Loop[] = [];
  for (let at = 0; at < connections; at += 1) {
    await new Promise<void>((resolve, reject) => {
      loops.push(new Loop(port, (error) => (error ? reject(error) : resolve())));
    });
  }
  for (const loop of loops) loop.start("read");
  await Promise.all(loops.map((loop) => loop.stop()));
  return fleets.push(loops) - 1;
}

async function run(job: Extract<LoadJob, { job: "run" }>): Promise<LoadAnswer> {
  const loops = fleets[job.fleet] ?? [];
  for (const loop of loops) loop.start(job.kind);
  await sleep(job.warmMs);
  Object.assign(measure, { on: true, count: 0, transactions: 0, exceptions: 0 });
  process.stdout.write("measuring\n");
  const from = performance.now();
  await sleep(job.forMs);
  measure.on = false;
  const seconds = (performance.now() - from) / 1000;
  process.stdout.write("measured\n");
  const { count, transactions, exceptions } = measure;
  await Promise.race([Promise.all(loops.map((loop) => loop.stop())), sleep(QUIET_WITHIN_MS)]);
  const sorted = latencies.subarray(0, count).slice().sort();
  return {
    ...{ transactions, exceptions, seconds },
    p50Us: (sorted[sorted.length >> 1] ?? Number.NaN) * 1000,
    p99Us: (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) * 1000,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const job = JSON.parse(line) as LoadJob;
    const done = job.job === "open" ? open(job.port, job.connections) : run(job);
    void done.then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
  })
  .on("close", () => process.exit(0));
process.stdout.write("load ready\n");
