/**
 * What a recording costs beside a capture of the same polling (`recording-cost.ts`), and the site
 * log: how many events a second become durable in it, and how many a second an auditor
 * checks again from its files. The disk's own time for one durable write is in the notes.
 *
 * Nothing was won for the threads that seal by: other zstd chunk sizes, hash tables and strategies;
 * collecting garbage with fewer threads (`--no-parallel-scavenge`, `--single-threaded-gc`,
 * `--v8-pool-size=1`).
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { parseKey } from "../../protocols/log/note.ts";
import { fdatasyncP50Ms } from "./disk.ts";
import { measureRecording, type RecordingCost } from "./recording-cost.ts";
import { median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const LEAVES = Number(process.env.SALLYPORT_BENCH_LEAVES ?? 100_000);
/** A site's years, appended, proved and checked once: a round of it takes half a minute. */
const MILLION = Number(process.env.SALLYPORT_BENCH_MILLION ?? 1_000_000);
/** Events that wait for their commit at once: as many sessions open, decide and end together. */
const AT_ONCE = 2_000;
const PROOFS = 200;

interface Measured {
  readonly leavesPerS: number;
  readonly verifyPerS: number;
  readonly proofMs: number;
  readonly reopenMs: number;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  try {
    const rounds: Measured[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push(await measure(path.join(folder, `round-${round}`)));
    }
    const million = await measure(path.join(folder, "million"), MILLION);
    const recording = await measureRecording(path.join(folder, "recording"));
    report(rounds, million, recording, await fdatasyncP50Ms(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, leaves = LEAVES): Promise<Measured> {
  mkdirSync(folder);
  const directory = path.join(folder, "log");
  const options = { directory, name: "bench", build: "bench", clock: systemClock };
  const log = await SiteLog.open(options);
  const startMs = performance.now();
  for (let first = 0; first < leaves; first += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => log.append(event(first + at))));
  }
  await log.publish();
  const appendMs = performance.now() - startMs;
  const proofMs = await proofTime(log);
  await log.close();
  const verifyMs = await verifyTime(directory, log.key);
  const reopenStartMs = performance.now();
  const again = await SiteLog.open(options);
  const reopenMs = performance.now() - reopenStartMs;
  await again.close();
  rmSync(directory, { recursive: true });
  return {
    leavesPerS: (leaves * 1000) / appendMs,
    verifyPerS: (leaves * 1000) / verifyMs,
    proofMs,
    reopenMs,
  };
}

/** As long as the events of a broker are. */
function event(number: number) {
  return {
    kind: "event",
    event: `01JQ${number}`,
    name: "session:opened",
    priority: "event",
    text: `Ada Lovelace opened a session on Treatment PLC/modbus (profile pump-tuning, ${number})`,
    subject: "01JQ8W6Z0M5T3K2H1G0F9E8D7C",
    session: `01JQ8W6Z0M5T3K2H1G0F${number}`,
  };
}

async function proofTime(log: SiteLog): Promise<number> {
  const { size } = log.checkpoint;
  const startMs = performance.now();
  for (let at = 0; at < PROOFS; at += 1) {
    await log.inclusion(Math.floor((at * size) / PROOFS), size);
  }
  return (performance.now() - startMs) / PROOFS;
}

async function verifyTime(directory: string, keyText: string): Promise<number> {
  const key = parseKey(keyText, sha256);
  const startMs = performance.now();
  const folder = path.join(directory, "1");
  const checked = await checkLog(diskVolume, folder, key?.publicKey ?? new Uint8Array(0));
  if (checked.kind !== "whole") throw new Error(checked.reason);
  return performance.now() - startMs;
}

function report(
  rounds: readonly Measured[],
  million: Measured,
  recording: RecordingCost,
  fdatasyncMs: number,
): void {
  const leavesPerS = median(rounds.map((round) => round.leavesPerS));
  const verifyPerS = median(rounds.map((round) => round.verifyPerS));
  const proofMs = median(rounds.map((round) => round.proofMs));
  const reopenMs = median(rounds.map((round) => round.reopenMs));
  printTable(
    ["site log", "leaves/s", "verified/s", "proof ms", "reopen ms"],
    [
      [
        `${LEAVES} leaves`,
        leavesPerS.toFixed(0),
        verifyPerS.toFixed(0),
        proofMs.toFixed(2),
        reopenMs.toFixed(0),
      ],
      [
        `${MILLION} leaves, once`,
        million.leavesPerS.toFixed(0),
        million.verifyPerS.toFixed(0),
        million.proofMs.toFixed(2),
        million.reopenMs.toFixed(0),
      ],
    ],
  );
  printRecording(recording);
  const { bytesVsPcap, bytesVsPcapZstd, mainThreadUs, otherThreadsUs, ...sizes } = recording;
  printResult({
    bench: "evidence",
    ratios: {
      ...{ bytesVsPcap, bytesVsPcapZstd, mainThreadUs, otherThreadsUs },
      ...{ leavesPerS, verifyPerS },
    },
    goals: {
      bytesVsPcap: { atMost: 1 / 50 },
      bytesVsPcapZstd: { atMost: 1 / 8 },
      mainThreadUs: { atMost: 0.3 },
      leavesPerS: { atLeast: 20_000 },
      verifyPerS: { atLeast: 10_000 },
    },
    notes: {
      ...{ leaves: LEAVES, atOnce: AT_ONCE, proofMs, reopenMs, fdatasyncMs, ...sizes },
      millionLeaves: MILLION,
      millionLeavesPerS: million.leavesPerS,
      millionVerifyPerS: million.verifyPerS,
      millionProofMs: million.proofMs,
      millionReopenMs: million.reopenMs,
    },
  });
}

function printRecording(cost: RecordingCost): void {
  printTable(
    [
      ...["recording", "bytes a poll", "pcap bytes a poll", "of pcap", "of zstd'd pcap"],
      ...["us an event", "us of other threads"],
    ],
    [
      [
        "encrypted, all on",
        cost.bytesPerTransaction.toFixed(2),
        cost.pcapPerTransaction.toFixed(1),
        `1/${(1 / cost.bytesVsPcap).toFixed(1)}`,
        `1/${(1 / cost.bytesVsPcapZstd).toFixed(1)}`,
        cost.mainThreadUs.toFixed(3),
        cost.otherThreadsUs.toFixed(3),
      ],
    ],
  );
}
