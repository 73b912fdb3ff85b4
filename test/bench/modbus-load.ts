/**
 * The client of the Modbus bench, a process of its own. Takes one JSON job a line on standard
 * input and answers one JSON line: closed loops, one request in flight on each connection.
 */
import net from "node:net";
import { createInterface } from "node:readline";

export interface LoadJob {
  readonly port: number;
  readonly connections: number;
  readonly kind: "read" | "write";
  readonly warmMs: number;
  readonly forMs: number;
}

export interface LoadAnswer {
  readonly transactions: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly exceptions: number;
}

const REGISTERS_READ = 10;
const LATENCIES_MAX = 1 << 20;
const shared = Buffer.allocUnsafeSlow(65_536);
const latencies = new Float64Array(LATENCIES_MAX);

class Loop {
  readonly socket: net.Socket;
  private readonly request: Buffer;
  private readonly replyLength: number;
  private received = 0;
  private sentAt = 0;
  private running = true;
  transactions = 0;
  exceptions = 0;
  private readonly measure: { on: boolean; count: number };

  constructor(job: LoadJob, measure: { on: boolean; count: number }, ready: () => void) {
    this.measure = measure;
    this.request = requestOf(job.kind);
    this.replyLength = job.kind === "read" ? 9 + REGISTERS_READ * 2 : 12;
    this.socket = net.connect({
      port: job.port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: shared, callback: (count) => this.reply(count) },
    });
    this.socket.once("connect", ready);
    this.socket.on("error", () => {
      this.running = false;
    });
  }

  send(): void {
    if (!this.running) return;
    this.sentAt = performance.now();
    this.socket.write(this.request);
  }

  stop(): void {
    this.running = false;
    this.socket.destroy();
  }

  private reply(count: number): boolean {
    if (this.received === 0 && count >= 8 && ((shared[7] ?? 0) & 0x80) !== 0) {
      this.exceptions += 1;
      this.received = this.replyLength;
    } else this.received += count;
    if (this.received < this.replyLength) return true;
    this.received = 0;
    if (this.measure.on) {
      this.transactions += 1;
      if (this.measure.count < LATENCIES_MAX) {
        latencies[this.measure.count] = performance.now() - this.sentAt;
        this.measure.count += 1;
      }
    }
    this.send();
    return true;
  }
}

function requestOf(kind: "read" | "write"): Buffer {
  return kind === "read"
    ? Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, REGISTERS_READ])
    : Buffer.from([0, 1, 0, 0, 0, 6, 1, 6, 0, 100, 0, 55]);
}

async function carryOut(job: LoadJob): Promise<LoadAnswer> {
  const measure = { on: false, count: 0 };
  const loops: Loop[] = [];
  for (let at = 0; at < job.connections; at += 1) {
    await new Promise<void>((resolve) => loops.push(new Loop(job, measure, resolve)));
  }
  for (const loop of loops) loop.send();
  await sleep(job.warmMs);
  measure.on = true;
  for (const loop of loops) loop.exceptions = 0;
  process.stdout.write("measuring\n");
  const from = performance.now();
  await sleep(job.forMs);
  measure.on = false;
  const seconds = (performance.now() - from) / 1000;
  process.stdout.write("measured\n");
  for (const loop of loops) loop.stop();
  const sorted = latencies.subarray(0, measure.count).slice().sort();
  return {
    transactions: loops.reduce((sum, loop) => sum + loop.transactions, 0),
    exceptions: loops.reduce((sum, loop) => sum + loop.exceptions, 0),
    seconds,
    p50Us: (sorted[sorted.length >> 1] ?? Number.NaN) * 1000,
    p99Us: (sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN) * 1000,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    void carryOut(JSON.parse(line) as LoadJob).then((answer) => {
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    });
  })
  .on("close", () => process.exit(0));
process.stdout.write("load ready\n");
