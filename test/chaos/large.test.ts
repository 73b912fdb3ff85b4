/**
 * Recordings of a size that nobody plans for, and many that end together: memory and time stay
 * bounded, and what comes out proves itself. A soak takes a gigabyte; here it takes seconds.
 */
import path from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../kit/child.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const MIB = Number(process.env.SALLYPORT_LARGE_MIB ?? 64);
const PROGRAM = path.join(import.meta.dirname, "large-recording.ts");
/** Unsealed segments (128 MiB at most), what waits for the disk, and the garbage of both. */
const GROWTH_MAX_MIB = 400;
const WITHIN_MS = 120_000 + MIB * 1_000;

const DAY_PROGRAM = path.join(import.meta.dirname, "day-recording.ts");
const DAY_HOURS = Number(process.env.SALLYPORT_DAY_HOURS ?? 1);
/** Peak of the process: most of it is garbage that was not collected yet. */
const DAY_GROWTH_MAX_MIB = 400;
/** Of the recording itself nothing stays in memory. */
const DAY_KEPT_MAX_MIB = 20;
/** Four reads, judged, sealed and indexed: half a percent of a core, and of a slow one. */
const DAY_MS_A_SECOND = 5;
const DAY_WITHIN_MS = 120_000 + DAY_HOURS * 100_000;

async function record(mib: number, sessions: number) {
  const args = [PROGRAM, temporaryFolder(), String(mib), String(sessions)];
  const { code, output } = await runProgram(process.execPath, args, { withinMs: WITHIN_MS });
  if (code !== 0) throw new Error(output);
  process.stderr.write(output);
  return JSON.parse(output) as Readonly<Record<string, number>>;
}

test(`a recording of ${MIB} MiB is recorded, exported and proved in bounded memory`, {
  timeout: WITHIN_MS,
}, async () => {
  const found = await record(MIB, 1);
  expect(found.code).toBe(0);
  expect(found.grownWithExportMib).toBeLessThan(GROWTH_MAX_MIB);
});

test(`${DAY_HOURS} hours of polling at 1 Hz take the memory of one, and half a percent of a core`, {
  timeout: DAY_WITHIN_MS,
}, async () => {
  const args = ["--expose-gc", DAY_PROGRAM, temporaryFolder(), String(DAY_HOURS)];
  const { code, output } = await runProgram(process.execPath, args, { withinMs: DAY_WITHIN_MS });
  if (code !== 0) throw new Error(output);
  process.stderr.write(output);
  const found = JSON.parse(output);
  expect(found).toMatchObject({ state: "sealed", observed: DAY_HOURS * 3_600 * 4 });
  expect(found.changes).toBe(found.changed);
  expect(found.msPerPolledSecond).toBeLessThan(DAY_MS_A_SECOND);
  expect(found.grownMib).toBeLessThan(DAY_GROWTH_MAX_MIB);
  expect(found.keptMib).toBeLessThan(DAY_KEPT_MAX_MIB);
});

test("fifty sessions that end at once are sealed soon, and the loop goes on turning", {
  timeout: WITHIN_MS,
}, async () => {
  const found = await record(25, 50);
  expect(found.code).toBe(0);
  expect(found.endS).toBeLessThan(30);
  expect(found.grownWithExportMib).toBeLessThan(GROWTH_MAX_MIB);
});
