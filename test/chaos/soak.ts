/**
 * `npm run soak`: the drills with the large numbers. SALLYPORT_KILLS (100) and SALLYPORT_FUZZ
 * (1,000,000) set others, SALLYPORT_SEED repeats a run. Prints one JSON line with the figures
 * last, and exits with 1 if a promise was broken.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { runProgram } from "../kit/child.ts";
import { killOften } from "./kills.ts";
import { seeded } from "./seeded.ts";

const KILLS = Number(process.env.SALLYPORT_KILLS ?? 100);
const FUZZ = process.env.SALLYPORT_FUZZ ?? "1000000";
const SEED = Number(process.env.SALLYPORT_SEED ?? Date.now() % 1_000_000);
/** A million frames take minutes on a small machine. */
const FUZZ_WITHIN_MS = 60 * 60_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-soak-"));
  try {
    const kills = await soakKills(folder);
    const fuzz = await soakFuzz();
    const kept = kills.missing === 0 && kills.repeated === 0 && fuzz.passed;
    say(JSON.stringify({ soak: { seed: SEED, ...kills, fuzz }, kept }));
    if (!kept) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function soakKills(folder: string) {
  say(`killing the conduit ${KILLS} times while clients write (seed ${SEED}) …`);
  const figures = await killOften(folder, KILLS, seeded(SEED));
  const { missing, repeated } = figures;
  for (const write of missing) say(`MISSING in the recordings: ${write}`);
  for (const write of repeated) say(`SEEN TWICE by the PLC: ${write}`);
  say(
    `${figures.kills} kills: the PLC carried out ${figures.seen} writes, ${missing.length} of them ` +
      `not recorded, ${repeated.length} twice; recordings: ${JSON.stringify(figures.states)}`,
  );
  return { ...figures, missing: missing.length, repeated: repeated.length };
}

async function soakFuzz() {
  say(`feeding ${FUZZ} random and mutated frames to the Modbus guard …`);
  const startedMs = Date.now();
  const vitest = path.join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
  const args = [
    vitest,
    "run",
    "protocols/modbus/guard.fuzz.test.ts",
    `--testTimeout=${FUZZ_WITHIN_MS}`,
  ];
  const { code, output } = await runProgram(process.execPath, args, {
    withinMs: FUZZ_WITHIN_MS,
    env: { SALLYPORT_FUZZ: FUZZ },
  });
  if (code !== 0) say(output);
  return { frames: Number(FUZZ), passed: code === 0, seconds: (Date.now() - startedMs) / 1000 };
}

await main();
