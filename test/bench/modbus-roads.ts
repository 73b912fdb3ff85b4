/** The roads between client and device that the Modbus bench compares, all beside each other. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { startChild } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { found } from "../kit/programs.ts";
import { startHaproxy } from "./haproxy.ts";
import type { Load } from "./load.ts";
import { cpuMs, residentKib } from "./report.ts";

/** Connections of each road; the broker has a session for each. */
export const CONNECTIONS = [1, 50, 500] as const;
/**
 * Requests in flight at the device, over all connections of a road: as many as reach it through
 * HAProxy, which has no limit. 64, a fast gateway, and 1, a simple PLC, are reported too.
 */
export const IN_FLIGHT = 512;

export interface Road {
  readonly name: string;
  readonly port: number;
  /** Whose CPU and memory counts; none for the direct road. */
  readonly pid: number | undefined;
  /** By number of connections: the fleet's number in the load process. */
  readonly fleets: Map<number, number>;
  /** Growth of resident memory by the last fleet, idle: KB a session. */
  kbPerSession: number;
  stop(): Promise<unknown>;
}

/** No road of the product: the system calls of the shared one, and nothing else in Node. */
export const FLOOR = "floor";

async function startFloor(
  devicePort: number,
): Promise<Omit<Road, "name" | "fleets" | "kbPerSession">> {
  const script = path.join(import.meta.dirname, "modbus-floor.ts");
  const ready = /listening on (\d+)/;
  const child = await startChild(process.execPath, [script, String(devicePort)], { ready });
  return {
    port: Number(child.ready[1]),
    pid: child.process.pid,
    stop: () => child.stop("SIGKILL"),
  };
}

const SETTINGS = [
  ["shared", { connection: "shared", inFlight: IN_FLIGHT }],
  ["shared, 64 in flight", { connection: "shared", inFlight: 64 }],
  ["shared, 1 in flight", { connection: "shared", inFlight: 1 }],
  ["single", { connection: "dedicated", inFlight: IN_FLIGHT }],
] as const;

/** Adds the roads to the list as they open, so that whatever opened can be stopped. */
export async function openRoads(roads: Road[], folder: string, port: number): Promise<void> {
  const add = (road: Omit<Road, "fleets" | "kbPerSession">) =>
    roads.push({ ...road, fleets: new Map(), kbPerSession: Number.NaN });
  add({ name: "direct", port, pid: undefined, stop: async () => {} });
  if (found("haproxy")) add({ name: "haproxy", ...(await startHaproxy(folder, port)) });
  else process.stderr.write("haproxy is not installed: no ratio can be given\n");
  add({ name: FLOOR, ...(await startFloor(port)) });
  for (const [name, endpoint] of SETTINGS) {
    const own = path.join(folder, name.replaceAll(/\W+/g, "-"));
    mkdirSync(own);
    const conduit = await startConduit({
      plant: writeOpenPlant(own, { port, ...endpoint }),
      profile: "everything",
      recordings: path.join(own, "recordings"),
      more: ["--session-per-connection"],
    });
    const stop = () => conduit.stop("SIGKILL");
    add({ name, port: conduit.port, pid: conduit.process.pid, stop });
  }
}

/** A process that was quiet for this long has done what opening sessions left to do. */
const QUIET_MS = 300;
const QUIET_CPU_MS = 10;
const QUIET_WITHIN_MS = 20_000;

/** Connects every fleet once; nothing is measured while sessions open. */
export async function openFleets(load: Load, roads: readonly Road[]): Promise<void> {
  for (const road of roads) {
    for (const connections of CONNECTIONS) {
      const before = road.pid === undefined ? 0 : residentKib(road.pid);
      road.fleets.set(connections, await load.open(road.port, connections));
      if (road.pid === undefined) continue;
      await untilQuiet(road.pid);
      road.kbPerSession = ((residentKib(road.pid) - before) * 1.024) / connections;
    }
  }
}

async function untilQuiet(pid: number): Promise<void> {
  for (let waited = 0; waited < QUIET_WITHIN_MS; waited += QUIET_MS) {
    const before = cpuMs(pid);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    if (cpuMs(pid) - before <= QUIET_CPU_MS) return;
  }
}
