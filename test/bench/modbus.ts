/**
 * Modbus through the broker (decoded, decided, recorded) against HAProxy's blind TCP relay and a
 * direct connection: the same client and device, sessions opened and code warm beforehand,
 * interleaved rounds, medians. CPU is the relay's own process time per transaction.
 *
 * The row `floor` is a relay in Node that decides and records nothing, with the system calls of
 * the broker's shared road: one read and one write for each transaction, where HAProxy makes two
 * of each. On two shared cores it took 0.56 to 0.59 of HAProxy's CPU at 50 connections and 0.46
 * to 0.48 at 500, so that the goals leave 1 to 1.5 µs a transaction for what the broker adds:
 * decoding, deciding, and a tape that other threads encrypt, take apart and compress (about a
 * sixth of its CPU). `floorCpu50` and `floorCpu500` say it each time. At 500 connections most of
 * the difference is memory: each turn touches the objects of hundreds of sessions, more than the
 * nearest cache and its address tables hold.
 * The broker's code alone, from socket to socket but without them, took 0.7 to 1.3 µs a transaction;
 * the kernel's work between two messages is what drives it out of the caches. Nothing was won by:
 * Node's own handles for writing, gathering what a turn reads before it is looked at, larger or
 * smaller inlining, the program's text on large pages.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startChild } from "../kit/child.ts";
import { fdatasyncP50Ms } from "./disk.ts";
import { haproxyVersion } from "./haproxy.ts";
import { Load, type Measured } from "./load.ts";
import { CONNECTIONS, FLOOR, IN_FLIGHT, openFleets, openRoads, type Road } from "./modbus-roads.ts";
import { median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
/** Before each window, for caches and TCP windows. */
const WARM_MS = 200;
const FOR_MS = 1000;
const WRITES_FOR_MS = 500;
/** Compilers need some seconds of load; every road gets it, before the first round. */
const WARM_UP = [
  { kind: "read", connections: 50, forMs: 3000 },
  { kind: "write", connections: 50, forMs: 1000 },
  { kind: "read", connections: 500, forMs: 1000 },
  { kind: "write", connections: 1, forMs: 300 },
] as const;

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const roads: Road[] = [];
  const script = path.join(import.meta.dirname, "modbus-device.ts");
  const device = await startChild(process.execPath, [script], { ready: /device on (\d+)/ });
  const load = await Load.start();
  try {
    await openRoads(roads, folder, Number(device.ready[1]));
    await openFleets(load, roads);
    await warmUp(load, roads);
    const reads = await measureReads(load, roads);
    const writes = await measureWrites(load, roads);
    report(roads, reads, writes, await fdatasyncP50Ms(folder));
  } finally {
    await load.stop();
    for (const road of roads) await road.stop();
    await device.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Rounds = Map<string, Measured[]>;
const key = (road: string, connections: number): string => `${road}/${connections}`;

interface Job {
  readonly connections: number;
  readonly kind: "read" | "write";
  readonly warmMs: number;
  readonly forMs: number;
}

function drive(load: Load, road: Road, { connections, ...job }: Job): Promise<Measured> {
  const fleet = road.fleets.get(connections);
  if (fleet === undefined) throw new Error(`no ${connections} connections on ${road.name}`);
  return load.run({ fleet, ...job }, road.pid);
}

async function warmUp(load: Load, roads: readonly Road[]): Promise<void> {
  for (const road of roads) {
    for (const job of WARM_UP) await drive(load, road, { ...job, warmMs: 0 });
  }
  process.stderr.write("warm\n");
}

async function measureReads(load: Load, roads: readonly Road[]): Promise<Rounds> {
  const rounds: Rounds = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const connections of CONNECTIONS) {
      for (const road of roads) {
        const job = { connections, kind: "read", warmMs: WARM_MS, forMs: FOR_MS } as const;
        remember(rounds, key(road.name, connections), await drive(load, road, job));
      }
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  return rounds;
}

async function measureWrites(load: Load, roads: readonly Road[]): Promise<Rounds> {
  const rounds: Rounds = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const road of roads) {
      const job = { connections: 1, kind: "write", warmMs: WARM_MS, forMs: WRITES_FOR_MS } as const;
      remember(rounds, key(road.name, 1), await drive(load, road, job));
    }
  }
  return rounds;
}

function remember(rounds: Rounds, name: string, measured: Measured): void {
  const known = rounds.get(name) ?? [];
  known.push(measured);
  rounds.set(name, known);
}

function of(rounds: Rounds, road: string, connections: number, field: keyof Measured): number {
  return median((rounds.get(key(road, connections)) ?? []).map((measured) => measured[field]));
}

function report(
  roads: readonly Road[],
  reads: Rounds,
  writes: Rounds,
  fdatasyncP50Ms: number,
): void {
  printTables(roads, reads, writes);
  const kbPerSession = roads.find(({ name }) => name === "shared")?.kbPerSession ?? Number.NaN;
  printResult({
    bench: "modbus",
    ratios: { ...ratiosOf(reads, writes), fdatasyncP50Ms, kbPerSession },
    goals: {
      shared50: { atLeast: 1.5 },
      shared500: { atLeast: 2 },
      single50: { atLeast: 0.9 },
      single500: { atLeast: 0.65 },
      cpuShared50: { atMost: 0.7 },
      cpuShared500: { atMost: 0.55 },
      oneP50: { atMost: 1.1 },
      writeAddedMs: { atMost: fdatasyncP50Ms + 0.1 },
    },
    notes: {
      ...{ inFlight: IN_FLIGHT, rounds: ROUNDS, roundMs: FOR_MS },
      ...{ haproxy: haproxyVersion(), haproxyThreads: 1 },
    },
  });
}

function printTables(roads: readonly Road[], reads: Rounds, writes: Rounds): void {
  const rows = CONNECTIONS.flatMap((connections) =>
    roads.map(({ name }) => [
      `${connections} x ${name}`,
      of(reads, name, connections, "perSecond").toFixed(0),
      of(reads, name, connections, "p50Us").toFixed(0),
      of(reads, name, connections, "p99Us").toFixed(0),
      name === "direct" ? "-" : of(reads, name, connections, "cpuUs").toFixed(1),
    ]),
  );
  printTable(["reads", "requests/s", "p50 µs", "p99 µs", "CPU µs each"], rows);
  printTable(
    ["writes, 1 connection", "p50 µs", "p99 µs"],
    roads.map(({ name }) => [
      name,
      of(writes, name, 1, "p50Us").toFixed(0),
      of(writes, name, 1, "p99Us").toFixed(0),
    ]),
  );
  printTable(
    ["memory", "KB a session"],
    roads.flatMap(({ name, kbPerSession }) =>
      Number.isNaN(kbPerSession) ? [] : [[name, kbPerSession.toFixed(1)]],
    ),
  );
}

function ratiosOf(reads: Rounds, writes: Rounds): Record<string, number> {
  const ratio = (road: string, connections: number, field: keyof Measured): number =>
    of(reads, road, connections, field) / of(reads, "haproxy", connections, field);
  return {
    shared50: ratio("shared", 50, "perSecond"),
    shared500: ratio("shared", 500, "perSecond"),
    sharedLimit64At500: ratio("shared, 64 in flight", 500, "perSecond"),
    sharedLimit1At50: ratio("shared, 1 in flight", 50, "perSecond"),
    sharedLimit1At500: ratio("shared, 1 in flight", 500, "perSecond"),
    single50: ratio("single", 50, "perSecond"),
    single500: ratio("single", 500, "perSecond"),
    cpuShared50: ratio("shared", 50, "cpuUs"),
    cpuShared500: ratio("shared", 500, "cpuUs"),
    floorCpu50: ratio(FLOOR, 50, "cpuUs"),
    floorCpu500: ratio(FLOOR, 500, "cpuUs"),
    cpuSingle50: ratio("single", 50, "cpuUs"),
    cpuSingle500: ratio("single", 500, "cpuUs"),
    oneP50: ratio("single", 1, "p50Us"),
    writeAddedMs: (of(writes, "single", 1, "p50Us") - of(writes, "direct", 1, "p50Us")) / 1000,
  };
}
