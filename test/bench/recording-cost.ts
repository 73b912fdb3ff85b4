/**
 * What a recording costs: its bytes on disk, sealed and with its index, against a capture of the
 * same polling; and what an event costs the thread that the sessions run on, with everything on.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import type { Clock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import type { TapeWriter } from "../../broker/evidence/recorder.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { SyntheticTcp } from "../../protocols/tape/synthetic-tcp.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { polling } from "./polling.ts";
import { median } from "./report.ts";

/** About five and a half hours of a panel that polls five times a second. */
const TRANSACTIONS = Number(process.env.SALLYPORT_BENCH_TRANSACTIONS ?? 100_000);
/** Between two turns of the loop: one of each of fifty connections. */
const TRANSACTIONS_A_TURN = 50;
const ROUNDS = 5;
const EVENTS_A_TRANSACTION = 3;

export interface RecordingCost {
  readonly bytesVsPcap: number;
  readonly bytesVsPcapZstd: number;
  readonly mainThreadUs: number;
  /**
   * Of an event: what the other threads do to write, take apart, compress, seal and close it. With
   * their warming up, which of so few events is the larger part.
   */
  readonly otherThreadsUs: number;
  readonly bytesPerTransaction: number;
  readonly pcapPerTransaction: number;
}

export async function measureRecording(folder: string): Promise<RecordingCost> {
  mkdirSync(folder, { recursive: true });
  const directory = path.join(folder, "evidence");
  const { bytes } = await record(directory, new PollingClock(true));
  const rounds: number[] = [];
  const elsewhere: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { us, elsewhereUs } = await record(directory, new PollingClock(false));
    rounds.push(us - (await run(undefined, new PollingClock(false))));
    elsewhere.push(elsewhereUs);
  }
  const capture = pcap();
  return {
    bytesVsPcap: bytes / capture.length,
    bytesVsPcapZstd: bytes / zstdCompressSync(capture).length,
    mainThreadUs: median(rounds) / (TRANSACTIONS * EVENTS_A_TRANSACTION),
    otherThreadsUs: median(elsewhere) / (TRANSACTIONS * EVENTS_A_TRANSACTION),
    bytesPerTransaction: bytes / TRANSACTIONS,
    pcapPerTransaction: capture.length / TRANSACTIONS,
  };
}

/**
 * Time goes by as the polling says. For bytes, timers too: segments are cut by age as in a real
 * day. For time spent they are real, since hours pass here within a second.
 */
class PollingClock implements Clock {
  private readonly startMs = Date.UTC(2026, 0, 5, 8);
  private readonly due = new Set<{ readonly atMs: number; readonly call: () => void }>();
  private nextMs = Number.POSITIVE_INFINITY;
  private nowMs = 0;
  private readonly timersFollow: boolean;

  constructor(timersFollow: boolean) {
    this.timersFollow = timersFollow;
  }

  set(nowMs: number): void {
    this.nowMs = nowMs;
    if (nowMs < this.nextMs) return;
    for (const timer of [...this.due]) {
      if (timer.atMs > nowMs || !this.due.delete(timer)) continue;
      timer.call();
    }
    this.nextMs = Math.min(...[...this.due].map(({ atMs }) => atMs));
  }

  wallMs(): number {
    return Math.floor(this.startMs + this.nowMs);
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    if (!this.timersFollow) {
      const real = setTimeout(call, delayMs);
      return () => clearTimeout(real);
    }
    const timer = { atMs: this.nowMs + delayMs, call };
    this.due.add(timer);
    this.nextMs = Math.min(this.nextMs, timer.atMs);
    return () => this.due.delete(timer);
  }
}

async function record(
  directory: string,
  clock: PollingClock,
): Promise<{ bytes: number; us: number; elsewhereUs: number }> {
  const evidence = await openEvidence({ directory, build: "bench", clock, keys: TEST_KEYS });
  const tape = await evidence.recorder.open(headerAt(clock.wallMs()));
  tape.append({ kind: "channel", channel: 1, protocol: "modbus", by: "subject", peer: "bench" });
  const beforeUs = otherThreadsUs();
  const us = await run(tape, clock);
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  const ticking = setInterval(() => clock.set(clock.monotonicMs() + 100), 1);
  await tape.close();
  await evidence.close();
  clearInterval(ticking);
  const elsewhereUs = otherThreadsUs() - beforeUs;
  const bytes = bytesIn(path.join(directory, "recordings"));
  rmSync(directory, { recursive: true });
  return { bytes, us, elsewhereUs };
}

/** CPU that threads of this process besides this one have used so far. */
function otherThreadsUs(): number {
  const all = process.cpuUsage();
  const own = process.threadCpuUsage();
  return all.user + all.system - own.user - own.system;
}

/** Answers the time that this thread worked, in microseconds; without a tape, of the load alone. */
async function run(tape: TapeWriter | undefined, clock: PollingClock): Promise<number> {
  const before = process.threadCpuUsage();
  let n = 0;
  for (const { operation, decision, request, reply, atMs, latencyMs } of polling(TRANSACTIONS)) {
    const items = [
      { operation, answer: { kind: "permit" }, rule: "read all", reason: "" },
    ] as const;
    clock.set(atMs);
    tape?.append({ kind: "bytes", channel: 1, from: "client", bytes: request });
    clock.set(atMs + 0.004);
    tape?.append({ kind: "verdict", channel: 1, decision, items });
    clock.set(atMs + latencyMs);
    tape?.append({ kind: "bytes", channel: 1, from: "asset", bytes: reply });
    n++;
    if (n % TRANSACTIONS_A_TURN === 0) await setImmediate();
  }
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function headerAt(startedMs: number): Header {
  return {
    version: 1,
    build: "bench",
    session: "bench",
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [],
    startedMs,
  };
}

function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

const PCAP_FILE_HEAD = 24;
const PCAP_RECORD_HEAD = 16;
/** The client's kernel waits so long for data to send along before it acknowledges alone. */
const DELAYED_ACK_MS = 40;

/** As tcpdump writes it: request, reply, and the client's delayed acknowledgement. */
function pcap(): Buffer {
  const tcp = new SyntheticTcp({ host: 1, port: 50_000 }, { host: 3, port: 502 });
  const parts: Uint8Array[] = [new Uint8Array(PCAP_FILE_HEAD)];
  const put = (atMs: number, frames: readonly Uint8Array[]): void => {
    for (const frame of frames) parts.push(pcapHead(atMs, frame.length), frame);
  };
  put(0, tcp.open());
  for (const { request, reply, atMs, latencyMs } of polling(TRANSACTIONS)) {
    put(atMs, tcp.send("client", request));
    put(atMs + latencyMs, tcp.send("server", reply));
    put(atMs + latencyMs + DELAYED_ACK_MS, [tcp.acknowledge("client")]);
  }
  return Buffer.concat(parts);
}

function pcapHead(atMs: number, length: number): Uint8Array {
  const head = Buffer.alloc(PCAP_RECORD_HEAD);
  head.writeUInt32LE(Math.floor(atMs / 1000), 0);
  head.writeUInt32LE(Math.floor((atMs % 1000) * 1000), 4);
  head.writeUInt32LE(length, 8);
  head.writeUInt32LE(length, 12);
  return head;
}
