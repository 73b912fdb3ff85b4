/**
 * A session that polls every tag of the example's treatment PLC once a second for so many hours, on
 * a clock that runs as fast as it can be written; then the report of what it changed is read from
 * it. In a process of its own, so that its memory and its work can be looked at. Prints one line of
 * JSON.
 *
 * node --expose-gc day-recording.ts FOLDER HOURS
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { sessionReport } from "../../broker/evidence/report/session-report.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { writePolledRecording } from "../kit/polled-recording.ts";

const EXAMPLE = path.join(import.meta.dirname, "../../deploy/examples/water-plant.yaml");
const MIB = 1024 * 1024;
const HOUR_S = 3_600;
const ASSET = "plc-treatment";

const [folder = "", hours = "1"] = process.argv.slice(2);
const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), EXAMPLE);
const asset =
  parsed.kind === "plant" ? parsed.plant.assets.find(({ id }) => id === ASSET) : undefined;
const endpoint = asset?.endpoints[0];
if (asset === undefined || endpoint?.protocol !== "modbus") throw new Error("no Modbus here");

const polled = endpoint;

const header: Header = {
  ...{ version: 1, build: "t", session: "day", site: "t", startedMs: Date.now() },
  subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
  asset: { id: asset.id, name: asset.name, zone: asset.zone },
  endpoint: { id: endpoint.id, protocol: endpoint.protocol },
  grant: { id: "g", profile: "pump-tuning", until: 0 },
  digests: { profile: "", plant: "" },
  tags: endpoint.tags.map(({ description, min, max, ...tag }) => tag),
};

let peakRss = 0;
const watching = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss);
}, 20);
const directory = path.join(folder, "evidence");
const seconds = Number(hours) * HOUR_S;

/** An hour first: what it takes is what every recording takes, however long. */
async function recorded(session: string, length: number) {
  const heldBefore = heldMib();
  const cpuBefore = process.cpuUsage();
  const startRss = process.memoryUsage().rss;
  peakRss = startRss;
  const into = path.join(directory, session);
  mkdirSync(into, { recursive: true });
  const options = { directory: into, keys: TEST_KEYS, endpoint: polled, seconds: length };
  await writePolledRecording({ ...options, header: { ...header, session } });
  const cpu = process.cpuUsage(cpuBefore);
  return {
    msPerPolledSecond: (cpu.user + cpu.system) / 1000 / length,
    grownMib: (peakRss - startRss) / MIB,
    keptMib: heldMib() - heldBefore,
  };
}

/** What is in use, without garbage. */
function heldMib(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MIB;
}

await recorded("warm", HOUR_S / 4);
const hour = await recorded("hour", HOUR_S);
const day = await recorded("day", seconds);
clearInterval(watching);

const evidence = await openEvidence({
  ...{ directory: path.join(directory, "day"), keys: TEST_KEYS, build: "t", clock: systemClock },
});
const recording = await evidence.recordings.get("day");
if (!recording) throw new Error("it is not there");
const { state, counts, segments } = recording;
const fromMs = performance.now();
const { changes } = await sessionReport(evidence.recordings, recording);
const reportMs = performance.now() - fromMs;
await evidence.close();
const place = path.join(directory, "day/recordings/day/segments");
const bytes = readdirSync(place).reduce(
  (sum, name) => sum + statSync(path.join(place, name)).size,
  0,
);
process.stdout.write(
  `${JSON.stringify({
    ...{ hours: Number(hours), state, segments: segments.length, changed: counts.changed },
    ...{ observed: counts.observed, changes: changes.length, reportMs },
    ...{ mib: bytes / MIB, bytesPerRead: bytes / counts.observed },
    ...{ msPerPolledSecond: day.msPerPolledSecond, hourMsPerPolledSecond: hour.msPerPolledSecond },
    ...{ grownMib: day.grownMib, keptMib: day.keptMib, hourGrownMib: hour.grownMib },
  })}\n`,
);
