/**
 * How one process grows: memory of idle sessions at 1,000 and 10,000, the core that 1,000 sessions
 * polled once a second take with everything recorded, how late the loop is meanwhile, and how many
 * sessions open a second. Browsers' legs are memory, as the live channel's are to the session; the
 * device is a process of its own, over one shared connection.
 */
import { fork } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { mintPermit } from "../../broker/access/permits.ts";
import { systemClock } from "../../broker/clock.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import type { SessionHost } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import { TEST_LIMITS, testClaims, testEndpoint } from "../kit/claims.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { fromHex } from "../kit/hex.ts";
import { MemoryLeg } from "../kit/memory-leg.ts";
import { printResult, printTable } from "./report.ts";
import type { FromEnds } from "./revoke-ends.ts";

const FEW = 1_000;
const MANY = Number(process.env.SALLYPORT_BENCH_SESSIONS ?? 10_000);
const POLLED = 1_000;
const POLL_MS = 1_000;
const POLLED_FOR_MS = Number(process.env.BENCH_POLLED_MS ?? 20_000);
/** Opened beside each other, as people arrive. */
const AT_ONCE = 16;
const LOOP_RESOLUTION_MS = 10;
const READ = fromHex("0001 0000 0006 01 03 0064 0001");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Work {
  readonly host: SessionHost;
  readonly evidence: Evidence;
  readonly key: KeyObject;
  readonly port: number;
  readonly legs: MemoryLeg[];
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const device = fork(path.join(import.meta.dirname, "revoke-ends.ts"));
  try {
    const { port } = await new Promise<Extract<FromEnds, { kind: "device" }>>((resolve) => {
      device.on("message", (message: FromEnds) => message.kind === "device" && resolve(message));
    });
    const polled = await inWork(path.join(folder, "polled"), port, polledSessions);
    const idle = await inWork(path.join(folder, "idle"), port, idleSessions);
    print({ ...polled, ...idle });
  } finally {
    device.send({ kind: "close" });
    device.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inWork<T>(
  directory: string,
  port: number,
  measure: (work: Work) => Promise<T>,
): Promise<T> {
  const keys = generateKeyPairSync("ed25519");
  const evidence = await openEvidence({
    ...{ directory, keys: TEST_KEYS, build: "bench", clock: systemClock },
  });
  const host = createSessionHost({
    ...{ recorder: evidence.recorder, permitKey: keys.publicKey },
    ...{ clock: systemClock, build: "bench" },
  });
  try {
    return await measure({ host, evidence, key: keys.privateKey, port, legs: [] });
  } finally {
    await host.shutdown();
    await evidence.close();
  }
}

/** @returns how long it took, in ms */
async function open(work: Work, count: number): Promise<number> {
  const startMs = performance.now();
  let next = work.legs.length;
  const last = next + count;
  const some = async (): Promise<void> => {
    for (let n = next++; n < last; n = next++) await openOne(work, n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return performance.now() - startMs;
}

async function openOne({ host, key, port, legs }: Work, n: number): Promise<void> {
  const most = { connectionsMax: MANY + POLLED, requestsPerSecond: 1_000_000, queueMax: 4_096 };
  const limits = { ...TEST_LIMITS, ...most, inFlightMax: 16 };
  const endpoint = testEndpoint({ port, limits });
  const claims = testClaims({ nowMs: systemClock.wallMs(), session: `s-${n}`, endpoint });
  const session = await host.open(mintPermit(claims, key));
  const leg = new MemoryLeg();
  await session.attach(leg, "bench");
  leg.onWrite = () => void queueMicrotask(() => leg.take());
  legs.push(leg);
}

interface Polled {
  readonly opensPerS: number;
  /** Of one core, all threads of the process. */
  readonly core: number;
  readonly loopP99Ms: number;
  readonly answered: number;
}

async function polledSessions(work: Work): Promise<Polled> {
  const tookMs = await open(work, POLLED);
  let answered = 0;
  for (const leg of work.legs) {
    leg.onWrite = () => {
      answered += 1;
      queueMicrotask(() => leg.take());
    };
  }
  await pause(POLL_MS);
  collect();
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  const [cpu, startMs] = [process.cpuUsage(), performance.now()];
  await poll(work.legs);
  const { user, system } = process.cpuUsage(cpu);
  const core = (user + system) / 1_000 / (performance.now() - startMs);
  loop.disable();
  const loopP99Ms = Math.max(0, loop.percentile(99) / 1e6 - LOOP_RESOLUTION_MS);
  return { opensPerS: (POLLED * 1_000) / tookMs, core, loopP99Ms, answered };
}

/** Each once a second, spread over the second as people's pages are. */
async function poll(legs: readonly MemoryLeg[]): Promise<void> {
  const startMs = performance.now();
  const stepMs = LOOP_RESOLUTION_MS;
  const eachStep = Math.ceil((legs.length * stepMs) / POLL_MS);
  for (let sent = 0; performance.now() - startMs < POLLED_FOR_MS; ) {
    const due = Math.floor(((performance.now() - startMs) / stepMs) * eachStep);
    for (; sent < due; sent += 1) legs[sent % legs.length]?.feed(READ);
    await pause(stepMs);
  }
}

interface Idle {
  readonly kbFew: number;
  readonly kbMany: number;
  readonly rssKbMany: number;
}

async function idleSessions(work: Work): Promise<Idle> {
  await open(work, AT_ONCE);
  const before = await memory();
  await open(work, FEW);
  const few = await memory();
  await open(work, MANY - FEW);
  const many = await memory();
  return {
    kbFew: (few.heap - before.heap) / FEW,
    kbMany: (many.heap - before.heap) / MANY,
    rssKbMany: (many.rss - before.rss) / MANY,
  };
}

/** In KB, once what is written behind has been written. */
async function memory(): Promise<{ readonly heap: number; readonly rss: number }> {
  await pause(POLL_MS);
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1_024, rss: rss / 1_024 };
}

function print({ kbFew, kbMany, rssKbMany, opensPerS, core, loopP99Ms, answered }: Polled & Idle) {
  printTable(
    ["measured", "value"],
    [
      [`idle session of ${FEW}, heap and buffers`, `${kbFew.toFixed(1)} KB`],
      [`idle session of ${MANY}, heap and buffers`, `${kbMany.toFixed(1)} KB`],
      [`idle session of ${MANY}, resident`, `${rssKbMany.toFixed(1)} KB`],
      [`${POLLED} sessions at 1 Hz`, `${(core * 100).toFixed(1)} % of a core`],
      ["loop delay meanwhile, p99", `${loopP99Ms.toFixed(1)} ms`],
      ["sessions opened a second", opensPerS.toFixed(0)],
    ],
  );
  printResult({
    bench: "scale",
    ratios: {
      kbPerIdleSession: kbMany,
      kbPerIdleSession1000: kbFew,
      ...{ cpu1000At1Hz: core, loopP99Ms, opensPerS },
    },
    goals: {
      kbPerIdleSession: { atMost: 12 },
      cpu1000At1Hz: { atMost: 0.2 },
      loopP99Ms: { atMost: 10 },
    },
    notes: { sessions: MANY, polledForMs: POLLED_FOR_MS, answered, inFlight: 16 },
  });
}
