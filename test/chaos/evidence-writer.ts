/**
 * Records numbered messages until it is killed, and prints each number once it is durable:
 *
 *     opening                 recovery of what the last run left begins
 *     ready
 *     durable SESSION NUMBER
 *     closed SESSION          ended in order and sealed
 *
 * node evidence-writer.ts DIRECTORY RUN
 */

import { writeSync } from "node:fs";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import type { TapeWriter } from "../../broker/evidence/recorder.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";

/** Small, so that kills also hit the change of files and segments. */
const LIMITS = {
  segmentBytes: 4096,
  writeAheadBytes: 128 * 1024,
  gatherBytesMax: 64 * 1024,
  reserveBytes: 64 * 1024,
};

const [directory = "", run = ""] = process.argv.slice(2);

/** Before anything goes on: what was said must have been heard, also by a reader that is slow. */
function say(line: string): void {
  const text = Buffer.from(`${line}\n`);
  for (let at = 0; at < text.length; ) {
    try {
      at += writeSync(1, text, at);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

function headerOf(session: string): Header {
  return {
    version: 1,
    build: "chaos",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [],
    startedMs: Date.now(),
  };
}

function append(tape: TapeWriter, number: number): void {
  const bytes = new Uint8Array(24);
  new DataView(bytes.buffer).setUint32(0, number);
  tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
}

/** Every third message is awaited, as a write is; the others go along, as reads do. */
async function record(tape: TapeWriter, session: string, countMax: number): Promise<void> {
  for (let number = 0; number < countMax; number++) {
    append(tape, number);
    if (number % 3 !== 0) continue;
    const error = await new Promise<Error | undefined>((done) => tape.whenDurable(done));
    if (error !== undefined) throw error;
    say(`durable ${session} ${number}`);
  }
}

say("opening");
const evidence = await openEvidence({
  directory,
  keys: TEST_KEYS,
  build: "chaos",
  clock: systemClock,
  limits: LIMITS,
});
say("ready");

async function endless(session: string): Promise<void> {
  const tape = await evidence.recorder.open(headerOf(session));
  await record(tape, session, Number.MAX_SAFE_INTEGER);
}

async function short(prefix: string): Promise<void> {
  for (let n = 0; ; n++) {
    const session = `${prefix}-${n}`;
    const tape = await evidence.recorder.open(headerOf(session));
    await record(tape, session, 60);
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
    say(`closed ${session}`);
  }
}

await Promise.all([endless(`long-${run}-a`), endless(`long-${run}-b`), short(`short-${run}`)]);
