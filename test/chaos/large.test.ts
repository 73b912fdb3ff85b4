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

const DAY_PROGRAM = path.join(import.meta.dirname, "day-session.ts");
const DAY_HOURS = Number(process.env.SALLYPORT_DAY_HOURS ?? 0.5);
/** Peak of the process: most of it is garbage that was not collected yet. */
const DAY_GROWTH_MAX_MIB = 400;
/** Of the session itself nothing stays in memory. */
const DAY_KEPT_MAX_MIB = 20;
/** Four reads through the session, and the PLC that answers them: one percent of a core, of a slow one. */
const DAY_MS_A_SECOND = 10;
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

test(`a live session of ${DAY_HOURS} hours, polled at 1 Hz, keeps nothing in memory, and is proved and run again`, {
  timeout: DAY_WITHIN_MS,
}, async () => {
  const args = ["--expose-gc", DAY_PROGRAM, temporaryFolder(), String(DAY_HOURS)];
  const { code, output } = await runProgram(process.execPath, args, { withinMs: DAY_WITHIN_MS });
  if (code !== 0) throw new Error(output);
  process.stderr.write(output);
  const found = JSON.parse(output);
  const seconds = DAY_HOURS * 3_600;
  expect(found).toMatchObject({ state: "sealed", rule: "owner-ended", refused: 0 });
  expect(found.answered).toBe(seconds * 4);
  // Beside them the broker's own, before the first change and after the last.
  expect(found.observed).toBeGreaterThanOrEqual(seconds * 4);
  const written = Math.floor(seconds / 300);
  expect(found).toMatchObject({ written, changed: written, changes: written });
  expect(found.leaves).toBeGreaterThan(seconds / 10);
  expect(found).toMatchObject({ code: 0, again: "same" });
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
