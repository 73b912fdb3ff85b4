/**
 * A live session that polls every tag of the simulated treatment PLC once a second for so many
 * hours, on a clock that goes on as soon as all is answered. Then it is exported, proved and run
 * again, and the report of what it changed is read from it. In a process of its own, so that its
 * memory and its work can be looked at. Prints one line of JSON.
 *
 * node --expose-gc day-session.ts FOLDER HOURS
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runVerify } from "../../broker/cli/verify.ts";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { writeRangeBundle } from "../../broker/evidence/log/write-bundle.ts";
import { sessionReport } from "../../broker/evidence/report/session-report.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { startSimulatedPlant } from "../../simulators/plant.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { pollSession } from "../kit/polled-session.ts";

const EXAMPLE = path.join(import.meta.dirname, "../../deploy/examples/water-plant.yaml");
const MIB = 1024 * 1024;
const HOUR_S = 3_600;
const ASSET = "plc-treatment";
const PROFILE = "pump-tuning";

const [folder = "", hours = "1"] = process.argv.slice(2);
const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), EXAMPLE);
if (parsed.kind !== "plant") throw new Error("the example is no plant file");
const endpoint = parsed.plant.assets.find(({ id }) => id === ASSET)?.endpoints[0];
const profile = parsed.plant.profiles.find(({ id }) => id === PROFILE);
if (endpoint?.protocol !== "modbus" || profile === undefined) throw new Error("no Modbus here");
const modbus = { endpoint, profile };

let peakRss = 0;
const watching = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss);
}, 20);
const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 }, speed: 0 });

async function polled(session: string, seconds: number) {
  const heldBefore = heldMib();
  const cpuBefore = process.cpuUsage();
  const startRss = process.memoryUsage().rss;
  peakRss = startRss;
  const directory = path.join(folder, session);
  const figures = await pollSession({ directory, session, plant, seconds, ...modbus });
  const cpu = process.cpuUsage(cpuBefore);
  return {
    ...figures,
    msPerPolledSecond: (cpu.user + cpu.system) / 1000 / seconds,
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

// What every session takes, however long.
await polled("warm", HOUR_S / 12);
const day = await polled("day", Number(hours) * HOUR_S);
await plant.close();
clearInterval(watching);

/** Exported, proved and run again. */
async function proved(): Promise<{ readonly code: number; readonly again: string }> {
  const source = {
    recordings: path.join(folder, "day/evidence/recordings"),
    siteLog: path.join(folder, "day/log"),
  };
  const bundle = path.join(folder, "day.zip");
  await writeRangeBundle(source, { scope: {} }, bundle);
  const policy = path.join(folder, "policy");
  writeFileSync(policy, `log ${day.key}\nquorum none\n`);
  const key = path.join(folder, "key");
  writeFileSync(key, `${TEST_KEYS.identities[0]}\n`, { mode: 0o600 });
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  const code = await runVerify({ bundle, policy, key, json: true }, { write });
  return { code, again: JSON.parse(text).rerun[0].verdict };
}

const directory = path.join(folder, "day/evidence");
const evidence = await openEvidence({
  ...{ directory, keys: TEST_KEYS, build: "t", clock: systemClock },
});
const recording = await evidence.recordings.get("day");
if (!recording) throw new Error("it is not there");
const { state, counts, segments } = recording;
const fromMs = performance.now();
const { changes } = await sessionReport(evidence.recordings, recording);
const reportMs = performance.now() - fromMs;
await evidence.close();
const place = path.join(directory, "recordings/day/segments");
const bytes = readdirSync(place).reduce(
  (sum, name) => sum + statSync(path.join(place, name)).size,
  0,
);
process.stdout.write(
  `${JSON.stringify({
    ...{ hours: Number(hours), state, segments: segments.length, changed: counts.changed },
    ...{ observed: counts.observed, refused: counts.refused, changes: changes.length, reportMs },
    ...{ answered: day.answered, written: day.written, leaves: day.leaves, rule: day.ended.rule },
    ...{ mib: bytes / MIB, bytesPerRead: bytes / counts.observed },
    ...{ msPerPolledSecond: day.msPerPolledSecond },
    ...{ grownMib: day.grownMib, keptMib: day.keptMib },
    ...(await proved()),
  })}\n`,
);
