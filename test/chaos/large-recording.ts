/**
 * Large and many recordings in a process of their own, so that its memory can be looked at: one of
 * so many MiB, as a terminal that never stops gives it, or fifty that end at once. The result is
 * exported as one zip and proved from it. Prints one line of JSON.
 *
 * node large-recording.ts FOLDER MIB SESSIONS
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { runVerify } from "../../broker/cli/verify.ts";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { LogBook } from "../../broker/evidence/log/log-book.ts";
import { addLeaf } from "../../broker/evidence/log/progress-leaves.ts";
import { writeRangeBundle } from "../../broker/evidence/log/write-bundle.ts";
import type { TapeWriter } from "../../broker/evidence/recorder.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { testHeader } from "../kit/tape-header.ts";

const MIB = 1024 * 1024;
/** What one read of a busy terminal gives. */
const PIECE_BYTES = 4096;
/** Between two waits for the disk. */
const AT_ONCE_BYTES = MIB;
const LEAF_EVERY_BYTES = 64 * MIB;
/** Faster than any terminal is read, slower than a segment is sealed on a small machine. */
const BYTES_A_SECOND = 10 * MIB;

const [folder = "", mib = "64", count = "1"] = process.argv.slice(2);
const sessions = Array.from({ length: Number(count) }, (_, at) => `s-${at}`);

let peakRss = 0;
const watching = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss);
}, 50);

const directory = path.join(folder, "evidence");
mkdirSync(directory);
const clock = systemClock;
const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "t", clock });
const recordings = path.join(directory, "recordings");
const siteLog = path.join(folder, "log");
const names = { name: "large", build: "t", clock };
const book = await LogBook.open({ directory: siteLog, recordings, ...names });
const tapes = await Promise.all(sessions.map((session) => begin(session)));
const startRss = process.memoryUsage().rss;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

async function begin(session: string): Promise<TapeWriter> {
  const header = testHeader(session);
  const tape = await evidence.recorder.open(header);
  await book.openSession(header);
  return tape;
}

/** Colours, cursor moves, words and numbers that are never twice the same. */
function screenful(number: number): Uint8Array {
  const line = (at: number) =>
    `\x1b[3${at % 8}m${(number * 7919 + at * 104_729).toString(36)} pump ${at} ${Math.sin(number + at)}\x1b[0m\r\n`;
  let text = "";
  for (let at = 0; text.length < PIECE_BYTES; at += 1) text += line(at);
  return Buffer.from(text.slice(0, PIECE_BYTES));
}

async function fill(tape: TapeWriter, bytes: number): Promise<void> {
  for (let done = 0; done < bytes; done += PIECE_BYTES) {
    const piece = screenful(done / PIECE_BYTES);
    tape.append({ kind: "bytes", channel: 1, from: "asset", bytes: piece });
    if (done % AT_ONCE_BYTES === 0) {
      await new Promise((go) => tape.whenDurable(go));
      await pause((AT_ONCE_BYTES / BYTES_A_SECOND) * 1000);
    }
    if (done % LEAF_EVERY_BYTES === 0) await addLeaf({ book, evidence });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

const cpuBefore = process.cpuUsage();
const share = (Number(mib) * MIB) / tapes.length;
const recordS = await timed(() => Promise.all(tapes.map((tape) => fill(tape, share))));
const endS = await timed(async () => {
  for (const tape of tapes) tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await Promise.all(tapes.map((tape) => tape.close()));
});
for (const session of sessions) book.closeSession(session);
const loopP99Ms = delay.percentile(99) / 1e6;
const recordRss = peakRss;
await book.close();
await evidence.close();
const cpu = process.cpuUsage(cpuBefore);
const bundle = path.join(folder, "large.zip");
const source = { recordings, siteLog };
const exportS = await timed(() => writeRangeBundle(source, { scope: {} }, bundle));
const policy = path.join(folder, "policy");
writeFileSync(policy, `log ${book.siteLog?.key}\nquorum none\n`);
let code = -1;
const verifyS = await timed(async () => {
  code = await runVerify({ bundle, policy }, { write: () => {} });
});
clearInterval(watching);
process.stdout.write(
  `${JSON.stringify({
    ...{ mib: Number(mib), sessions: tapes.length, recordS, endS, exportS, verifyS, code },
    cpuS: (cpu.user + cpu.system) / 1e6,
    grownMib: (recordRss - startRss) / MIB,
    grownWithExportMib: (peakRss - startRss) / MIB,
    zipMib: statSync(bundle).size / MIB,
    loopP99Ms,
  })}\n`,
);
