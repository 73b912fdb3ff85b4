/**
 * A screen through the broker against websockify, the bridge that noVNC is used with, and against
 * a straight connection, in the same run: from a press to the pixel that it draws, pictures a
 * second of 1280 × 800 in full motion, CPU, memory, and what an hour of a typical panel takes on
 * disk. The broker decodes every message, decides, records and encrypts; websockify copies.
 */

import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PANEL_BUTTONS } from "../../simulators/assets/panel-page.ts";
import { type Child, startChild } from "../kit/child.ts";
import { found } from "../kit/programs.ts";
import type { BenchBroker } from "./panel-broker.ts";
import { answerToPress, motionFrames } from "./panel-frames.ts";
import { CountingViewer, direct, throughBroker, type Wire, websocket } from "./panel-roads.ts";
import { cpuMs, median, percentile, printResult, printTable, residentKib } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
/** Presses of one round, on each road. */
const PRESSES = 200;
/** At once, to see what one takes: fewer than an endpoint has connections. */
const SESSIONS = 12;
const MOTION_MS = 3_000;
/** A page is cut off above 500 messages a second: one asks, one gives credit, and there is room. */
const FAST_ASK_MS = 5;
const PANEL_MS = Number(process.env.SALLYPORT_PANEL_SECONDS ?? 60) * 1_000;
const HOUR_MS = 3_600_000;
const GOALS = {
  inputToPixel: { atMost: 1.2 },
  frames: { atLeast: 0.9 },
  mbPerHour: { atMost: 30 },
};

type ScreenName = "motion" | "still" | "fast-motion" | "fast-still";
const SCREEN_COUNT = 4;

/** One number a round. */
interface Figures {
  readonly pressMs: number[];
  readonly pressLateMs: number[];
  readonly fastPressMs: number[];
  readonly fastPressLateMs: number[];
  readonly framesPerS: number[];
  readonly fastFramesPerS: number[];
  /** A picture, at 60 a second. */
  readonly cpuMs: number[];
}

interface Road {
  readonly name: "direct" | "websockify" | "broker";
  readonly pid: number | undefined;
  open(screen: ScreenName): Promise<Wire>;
  readonly figures: Figures;
}

export async function run(): Promise<void> {
  const children: Child[] = [];
  const start = async (file: string, args: readonly string[], ready: RegExp) => {
    const script = path.join(import.meta.dirname, file);
    const child = await startChild(process.execPath, [script, ...args], {
      ready,
      withinMs: 60_000,
    });
    children.push(child);
    return child;
  };
  try {
    const device = await start("panel-device.ts", [], /listening on (\{.*\})/);
    const ports = JSON.parse(device.ready[1] ?? "") as Readonly<Record<ScreenName, number>>;
    const broker = await start("panel-broker.ts", [JSON.stringify(ports)], /ready (\{.*\})/);
    const told = JSON.parse(broker.ready[1] ?? "") as BenchBroker;
    const roads: Road[] = [road("direct", undefined, (screen) => direct(ports[screen]))];
    if (found("websockify")) roads.push(await websockify(children, ports));
    else process.stderr.write("websockify is not installed: no ratio can be given\n");
    const page = (screen: ScreenName) => throughBroker(told, `bench-${screen}/screen`);
    roads.push(road("broker", broker.process.pid, page));
    await measureAll(roads);
    const before = residentKib(broker.process.pid ?? 0);
    const kibPerSession = await memoryOfSession(told, broker.process.pid ?? 0);
    const bytesPerHour = await typicalPanel(told);
    report(roads, { bytesPerHour, residentKiB: before, kibPerSession });
  } finally {
    for (const child of children.reverse()) await child.stop();
  }
}

function road(name: Road["name"], pid: number | undefined, open: Road["open"]): Road {
  const none = (): Figures => ({
    pressMs: [],
    pressLateMs: [],
    fastPressMs: [],
    fastPressLateMs: [],
    framesPerS: [],
    fastFramesPerS: [],
    cpuMs: [],
  });
  return { name, pid, open, figures: none() };
}

/** A process for each screen, which forks for each connection; that of `motion` comes first. */
async function websockify(
  children: Child[],
  ports: Readonly<Record<ScreenName, number>>,
): Promise<Road> {
  const at: Partial<Record<ScreenName, number>> = {};
  for (const [screen, to] of Object.entries(ports) as [ScreenName, number][]) {
    const port = await freePort();
    const args = ["--verbose", `127.0.0.1:${port}`, `127.0.0.1:${to}`];
    children.push(await startChild("websockify", args, { ready: /proxying from/ }));
    at[screen] = port;
  }
  const pid = children.at(-SCREEN_COUNT)?.process.pid;
  return road("websockify", pid, (screen) => websocket(at[screen] ?? 0));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function measureAll(roads: readonly Road[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [{ figures }, times] of await pressed(roads, "still", PRESSES)) {
      figures.pressMs.push(median(times));
      figures.pressLateMs.push(percentile(times, 0.99));
    }
    for (const [{ figures }, times] of await pressed(roads, "fast-still", 2 * PRESSES)) {
      figures.fastPressMs.push(median(times));
      figures.fastPressLateMs.push(percentile(times, 0.99));
    }
    for (const { open, pid, figures } of roads) {
      const paced = await watch(await open("motion"), pid);
      figures.framesPerS.push(paced.perS);
      figures.cpuMs.push(paced.cpuMs);
      figures.fastFramesPerS.push(
        (await watch(await open("fast-motion"), undefined, FAST_ASK_MS)).perS,
      );
    }
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
}

/** One road's press after the other's: what else the machine does then meets all of them alike. */
async function pressed(
  roads: readonly Road[],
  screen: ScreenName,
  presses: number,
): Promise<readonly (readonly [Road, readonly number[]])[]> {
  const all: { road: Road; viewer: CountingViewer; times: number[] }[] = [];
  for (const road of roads) {
    all.push({ road, viewer: await CountingViewer.begin(await road.open(screen)), times: [] });
  }
  for (let n = 0; n < presses; n += 1) {
    for (const { viewer, times } of all) {
      times.push(await press(viewer));
      // Not in step with the screen.
      await pause((n * 7) % 19);
    }
  }
  for (const { viewer } of all) viewer.close();
  return all.map(({ road, times }) => [road, times] as const);
}

const ANSWER_LENGTH = answerToPress(0).length;

/** From the press of a button to the last byte of what it draws, in milliseconds. */
async function press(viewer: CountingViewer): Promise<number> {
  viewer.ask();
  const sent = performance.now();
  const drawn = viewer.receive(ANSWER_LENGTH);
  viewer.say({ kind: "pointer", mask: 1, x: 100, y: 100 });
  await drawn;
  const tookMs = performance.now() - sent;
  viewer.say({ kind: "pointer", mask: 0, x: 100, y: 100 });
  return tookMs;
}

/** What each further session on a screen takes, with some pictures shown. KiB. */
async function memoryOfSession(told: BenchBroker, pid: number): Promise<number> {
  const viewers: CountingViewer[] = [];
  const before = residentKib(pid);
  for (let n = 0; n < SESSIONS; n += 1) {
    const viewer = await CountingViewer.begin(await throughBroker(told, "bench-motion/screen"));
    viewers.push(viewer);
    for (const length of LENGTHS.slice(0, 4)) {
      const whole = viewer.receive(length);
      viewer.ask();
      await whole;
    }
  }
  const taken = residentKib(pid) - before;
  for (const viewer of viewers) viewer.close();
  return Math.max(0, taken / SESSIONS);
}

const LENGTHS = motionFrames().map(({ length }) => length);

/** As they come: the next is asked for when one is whole, and no sooner than `everyMs`. */
async function watch(wire: Wire, pid: number | undefined, everyMs = 0) {
  const viewer = await CountingViewer.begin(wire);
  const used = () => (pid === undefined ? 0 : treeCpuMs(pid));
  const [begun, cpu] = [performance.now(), used()];
  let count = 0;
  while (performance.now() - begun < MOTION_MS) {
    const whole = viewer.receive(LENGTHS[count % LENGTHS.length] ?? 0);
    viewer.ask();
    await whole;
    count += 1;
    const early = begun + count * everyMs - performance.now();
    if (early > 0) await pause(early);
  }
  const perS = count / ((performance.now() - begun) / 1_000);
  const cpuMs = (used() - cpu) / count;
  viewer.close();
  return { perS, cpuMs };
}

/** Of a process and those that it started. */
function treeCpuMs(pid: number): number {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const mine = children.filter((name) => parentOf(name) === pid);
  return mine.reduce((sum, name) => sum + cpuMs(Number(name)), cpuMs(pid));
}

function parentOf(name: string): number {
  try {
    const status = readFileSync(path.join("/proc", name, "status"), "latin1");
    return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
  } catch {
    return Number.NaN;
  }
}

/** Somebody has the works' panel open, and presses a button now and then. Bytes an hour on disk. */
async function typicalPanel(told: BenchBroker): Promise<number> {
  const wire = await throughBroker(told, "bench-panel/screen");
  const viewer = await CountingViewer.begin(wire);
  viewer.say({ kind: "encodings", encodings: [5, 0] });
  wire.heard = () => viewer.ask();
  viewer.ask();
  const begun = performance.now();
  const { x, y } = PANEL_BUTTONS.faster;
  for (let n = 0; performance.now() - begun < PANEL_MS; n += 1) {
    await pause(1_000);
    viewer.ask();
    if (n % 10 !== 9) continue;
    viewer.say({ kind: "pointer", mask: 1, x: x + 10, y: y + 10 });
    viewer.say({ kind: "pointer", mask: 0, x: x + 10, y: y + 10 });
  }
  const lasted = performance.now() - begun;
  await wire.end();
  const size = await closedSize(told.data, wire.session);
  viewer.close();
  return (size * HOUR_MS) / lasted;
}

/** What the recording takes once it is closed, key frames and descriptions counted. */
async function closedSize(data: string, session: string): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const files = filesIn(data).filter((file) => file.includes(session));
    if (files.some((file) => file.endsWith("close.json"))) {
      return files.reduce((sum, file) => sum + statSync(file).size, 0);
    }
    await pause(100);
  }
  throw new Error("the recording was not closed");
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

interface Costs {
  readonly bytesPerHour: number;
  readonly residentKiB: number;
  readonly kibPerSession: number;
}

function report(roads: readonly Road[], costs: Costs): void {
  const { bytesPerHour, residentKiB, kibPerSession } = costs;
  const rows: readonly [string, keyof Figures, string][] = [
    ["press to pixel, screen of 60 Hz", "pressMs", "ms"],
    ["press to pixel, screen of 60 Hz, p99", "pressLateMs", "ms"],
    ["press to pixel, drawn at once", "fastPressMs", "ms"],
    ["press to pixel, drawn at once, p99", "fastPressLateMs", "ms"],
    ["pictures a second, screen of 60 Hz", "framesPerS", ""],
    ["pictures a second, drawn at once, 200 asked for", "fastFramesPerS", ""],
    ["CPU a picture", "cpuMs", "ms"],
  ];
  printTable(
    ["", ...roads.map(({ name }) => name)],
    rows.map(([what, figure, unit]) => [
      what,
      ...roads.map((one) => `${median(one.figures[figure]).toFixed(2)} ${unit}`),
    ]),
  );
  const of = (name: Road["name"], figure: keyof Figures) =>
    median(roads.find((one) => one.name === name)?.figures[figure] ?? []);
  const ratio = (figure: keyof Figures) => of("broker", figure) / of("websockify", figure);
  printResult({
    bench: "panel",
    ratios: {
      inputToPixel: ratio("pressMs"),
      frames: ratio("framesPerS"),
      mbPerHour: bytesPerHour / 1_000_000,
      fastInputToPixel: ratio("fastPressMs"),
      fastFrames: ratio("fastFramesPerS"),
      cpuPerFrame: ratio("cpuMs"),
    },
    goals: GOALS,
    notes: {
      rounds: ROUNDS,
      frameKiB: Math.round(median(LENGTHS) / 1_024),
      panelSeconds: PANEL_MS / 1_000,
      kibPerSession: Math.round(kibPerSession),
      brokerResidentMiB: Math.round(residentKiB / 1_024),
    },
  });
}
