/**
 * `npm run soak`: the drills with the large numbers. SALLYPORT_KILLS (100), SALLYPORT_FUZZ
 * (1,000,000), SALLYPORT_LOG_KILLS (200), SALLYPORT_MUTATIONS (10,000), SALLYPORT_LARGE_MIB (1024),
 * SALLYPORT_DAY_HOURS (24), SALLYPORT_PEERS (1,200), SALLYPORT_DRAWING_SECONDS (600) and
 * SALLYPORT_TAKEOVERS (20) set others, SALLYPORT_SEED repeats a run.
 * Prints one JSON line with the figures last, and exits with 1 if a promise was broken.
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
const LOG_KILLS = process.env.SALLYPORT_LOG_KILLS ?? "200";
const MUTATIONS = process.env.SALLYPORT_MUTATIONS ?? "10000";
const LARGE_MIB = process.env.SALLYPORT_LARGE_MIB ?? "1024";
const DAY_HOURS = process.env.SALLYPORT_DAY_HOURS ?? "24";
/** Broken clients and assets, each a connection with its handshakes. */
const PEERS = process.env.SALLYPORT_PEERS ?? "1200";
/** Ten minutes on each of two servers. */
const DRAWING_SECONDS = process.env.SALLYPORT_DRAWING_SECONDS ?? "600";
/** Rounds in which a standby takes over from a broker that is killed, stopped or cut off. */
const TAKEOVERS = process.env.SALLYPORT_TAKEOVERS ?? "20";
/** A million frames, or ten thousand bundles, take minutes on a small machine. */
const TEST_WITHIN_MS = 60 * 60_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-soak-"));
  try {
    const kills = await soakKills(folder);
    const fuzz = await soakFuzz();
    const evidence = await soakEvidence();
    const passed = fuzz.passed && evidence.every((drill) => drill.passed);
    const kept = kills.missing === 0 && kills.repeated === 0 && passed;
    say(JSON.stringify({ soak: { seed: SEED, ...kills, fuzz, evidence }, kept }));
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
  const env = { SALLYPORT_FUZZ: FUZZ };
  const guards: Record<string, { readonly passed: boolean; readonly seconds: number }> = {};
  for (const guard of ["modbus", "ssh", "opcua", "rfb", "http"]) {
    say(`feeding ${FUZZ} random and mutated messages to the guard of ${guard} …`);
    guards[guard] = await soakTest(`protocols/${guard}/guard.fuzz.test.ts`, env);
  }
  say(`changing ${FUZZ} conversations of OPC UA's secure channels on their way …`);
  guards.opcuaChunks = await soakTest("broker/legs/opcua/symmetric/chunks.fuzz.test.ts", env);
  const passed = Object.values(guards).every((each) => each.passed);
  return { frames: Number(FUZZ), passed, guards };
}

/** Bundles and their judges, the log and its witness, and large recordings. */
async function soakEvidence() {
  const drills: readonly [file: string, env: Readonly<Record<string, string>>][] = [
    ["test/chaos/witnessed.test.ts", { SALLYPORT_KILLS: LOG_KILLS }],
    ["test/foreign/bundle.test.ts", { SALLYPORT_MUTATIONS: MUTATIONS }],
    [
      "test/chaos/large.test.ts",
      { SALLYPORT_LARGE_MIB: LARGE_MIB, SALLYPORT_DAY_HOURS: DAY_HOURS },
    ],
    ["test/chaos/vnc-peers.test.ts", { SALLYPORT_FLOODS: "on" }],
    ["test/foreign/vnc-pictures.test.ts", { SALLYPORT_DRAWING_SECONDS: DRAWING_SECONDS }],
    [
      "test/chaos/standby.test.ts",
      { SALLYPORT_TAKEOVERS: TAKEOVERS, SALLYPORT_SEED: String(SEED) },
    ],
    ["test/chaos/opcua-peers.test.ts", { SALLYPORT_PEERS: PEERS, SALLYPORT_SEED: String(SEED) }],
  ];
  const figures: { drill: string; passed: boolean; seconds: number }[] = [];
  for (const [file, env] of drills) {
    say(`${file} with ${JSON.stringify(env)} …`);
    figures.push({ drill: file, ...env, ...(await soakTest(file, env)) });
  }
  return figures;
}

async function soakTest(file: string, env: Readonly<Record<string, string>>) {
  const startedMs = Date.now();
  const vitest = path.join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", file, `--testTimeout=${TEST_WITHIN_MS}`];
  const { code, output } = await runProgram(process.execPath, args, {
    withinMs: TEST_WITHIN_MS,
    env,
  });
  if (code !== 0) say(output);
  return { passed: code === 0, seconds: (Date.now() - startedMs) / 1000 };
}

await main();
