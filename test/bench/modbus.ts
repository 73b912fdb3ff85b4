/**
 * Modbus through the broker (decoded, decided, recorded) against HAProxy's blind TCP relay and a
 * direct connection: the same client and device, interleaved rounds, medians. CPU is the relay's
 * own process time per transaction.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startChild } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { found } from "../kit/programs.ts";
import { fdatasyncP50Ms } from "./disk.ts";
import { startHaproxy } from "./haproxy.ts";
import { Load, type Measured } from "./load.ts";
import { median, printResult, printTable, residentKib } from "./report.ts";

const ROUNDS = Number(process.env.SALLYPORT_BENCH_ROUNDS ?? 5);
const CONNECTIONS = [1, 50, 500] as const;
/** Requests in flight on the shared connection: what a fast PLC or gateway takes. 1 is reported too. */
const IN_FLIGHT = 64;
const WARM_MS = 500;
const FOR_MS = 1500;

/** A road between the client and the device. */
interface Road {
  readonly name: string;
  readonly port: number;
  /** Whose CPU and memory counts; none for the direct road. */
  readonly pid: number | undefined;
  stop(): Promise<unknown>;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const roads: Road[] = [];
  const device = await startChild(
    process.execPath,
    [path.join(import.meta.dirname, "modbus-device.ts")],
    {
      ready: /device on (\d+)/,
    },
  );
  const load = await Load.start();
  try {
    const port = Number(device.ready[1]);
    roads.push(...(await openRoads(folder, port)));
    const reads = await measureReads(load, roads);
    const writes = await measureWrites(load, roads);
    const kbPerSession = await memoryPerSession(load, roads);
    report(roads, reads, writes, kbPerSession, await fdatasyncP50Ms(folder));
  } finally {
    await load.stop();
    for (const road of roads) await road.stop();
    await device.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openRoads(folder: string, port: number): Promise<Road[]> {
  const roads: Road[] = [{ name: "direct", port, pid: undefined, stop: async () => {} }];
  if (found("haproxy")) {
    const haproxy = await startHaproxy(folder, port);
    roads.push({ name: "haproxy", ...haproxy });
  } else process.stderr.write("haproxy is not installed: no ratio can be given\n");
  const settings = [
    ["shared", { connection: "shared", inFlight: IN_FLIGHT }],
    ["shared, 1 in flight", { connection: "shared", inFlight: 1 }],
    ["single", { connection: "dedicated", inFlight: 1 }],
  ] as const;
  for (const [name, endpoint] of settings) {
    const own = path.join(folder, name.replaceAll(/\W+/g, "-"));
    mkdirSync(own);
    const conduit = await startConduit({
      plant: writeOpenPlant(own, { port, ...endpoint }),
      profile: "everything",
      recordings: path.join(own, "recordings"),
      more: ["--session-per-connection"],
    });
    roads.push({
      name,
      port: conduit.port,
      pid: conduit.process.pid,
      stop: () => conduit.stop(),
    });
  }
  return roads;
}

type Rounds = Map<string, Measured[]>;
const key = (road: string, connections: number): string => `${road}/${connections}`;

async function measureReads(load: Load, roads: readonly Road[]): Promise<Rounds> {
  const rounds: Rounds = new Map();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const connections of CONNECTIONS) {
      for (const road of roads) {
        const job = {
          port: road.port,
          connections,
          kind: "read",
          warmMs: WARM_MS,
          forMs: FOR_MS,
        } as const;
        remember(rounds, key(road.name, connections), await load.run(job, road.pid));
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
      const job = {
        port: road.port,
        connections: 1,
        kind: "write",
        warmMs: 200,
        forMs: 1000,
      } as const;
      remember(rounds, key(road.name, 1), await load.run(job, road.pid));
    }
  }
  return rounds;
}

function remember(rounds: Rounds, name: string, measured: Measured): void {
  const known = rounds.get(name) ?? [];
  known.push(measured);
  rounds.set(name, known);
}

/** Growth of resident memory by 500 idle sessions, in KB a session. */
async function memoryPerSession(load: Load, roads: readonly Road[]): Promise<Map<string, number>> {
  const kb = new Map<string, number>();
  for (const road of roads) {
    if (road.pid === undefined) continue;
    kb.set(road.name, await load.idleMemory(road.port, road.pid, residentKib));
  }
  return kb;
}

function report(
  roads: readonly Road[],
  reads: Rounds,
  writes: Rounds,
  kbPerSession: ReadonlyMap<string, number>,
  fdatasyncMs: number,
): void {
  const of = (rounds: Rounds, road: string, connections: number, field: keyof Measured): number =>
    median((rounds.get(key(road, connections)) ?? []).map((measured) => measured[field]));
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
    [...kbPerSession].map(([name, kb]) => [name, kb.toFixed(1)]),
  );
  const ratio = (road: string, connections: number, field: keyof Measured): number =>
    of(reads, road, connections, field) / of(reads, "haproxy", connections, field);
  printResult({
    bench: "modbus",
    ratios: {
      shared50: ratio("shared", 50, "perSecond"),
      shared500: ratio("shared", 500, "perSecond"),
      sharedLimit1At50: ratio("shared, 1 in flight", 50, "perSecond"),
      sharedLimit1At500: ratio("shared, 1 in flight", 500, "perSecond"),
      single50: ratio("single", 50, "perSecond"),
      single500: ratio("single", 500, "perSecond"),
      cpuShared50: ratio("shared", 50, "cpuUs"),
      cpuShared500: ratio("shared", 500, "cpuUs"),
      oneP50: ratio("single", 1, "p50Us"),
      writeAddedMs: (of(writes, "single", 1, "p50Us") - of(writes, "direct", 1, "p50Us")) / 1000,
      fdatasyncP50Ms: fdatasyncMs,
      kbPerSession: kbPerSession.get("shared") ?? Number.NaN,
    },
    goals: {
      shared50: { atLeast: 1.5 },
      shared500: { atLeast: 2 },
      single50: { atLeast: 0.9 },
      single500: { atLeast: 0.65 },
      cpuShared50: { atMost: 0.7 },
      cpuShared500: { atMost: 0.55 },
      oneP50: { atMost: 1.1 },
      writeAddedMs: { atMost: fdatasyncMs + 0.1 },
    },
    notes: { inFlight: IN_FLIGHT, rounds: ROUNDS, roundMs: FOR_MS },
  });
}
