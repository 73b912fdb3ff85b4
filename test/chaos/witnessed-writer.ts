/**
 * Recordings, the site log and its witness at work until it is killed: sessions begin, go on and
 * end, open ones are fixed in the log, and numbered events go into it. It prints what is kept:
 *
 *     opening
 *     ready
 *     kept NUMBER INDEX
 *
 * node witnessed-writer.ts FOLDER RUN FIRST WITNESS_URL WITNESS_NAME WITNESS_KEY
 */
import { writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../broker/clock.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { LogBook } from "../../broker/evidence/log/log-book.ts";
import { addLeaf } from "../../broker/evidence/log/progress-leaves.ts";
import { sha256 } from "../../broker/evidence/log/sha256.ts";
import { Witnessing } from "../../broker/evidence/log/witnessing.ts";
import { IntegrationDialer } from "../../broker/legs/integration-dialer.ts";
import { parseKey } from "../../protocols/log/note.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { testHeader } from "../kit/tape-header.ts";

/** Small, so that kills also hit the change of files, segments, tiles and checkpoints. */
const LIMITS = { segmentBytes: 4096, writeAheadBytes: 128 * 1024, gatherBytesMax: 64 * 1024 };
const LOG_LIMITS = { checkpointAfterMs: 5, stagedLeaves: 300 };

const [folder = "", run = "", first = "0", url = "", name = "", keyText = ""] =
  process.argv.slice(2);

const say = (line: string) => void writeSync(1, `${line}\n`);

say("opening");
const clock = systemClock;
const evidence = await openEvidence({
  directory: path.join(folder, "evidence"),
  ...{ keys: TEST_KEYS, build: "chaos", clock, limits: { ...LIMITS, reserveBytes: 65_536 } },
});
const book = await LogBook.open({
  directory: path.join(folder, "log"),
  recordings: path.join(folder, "evidence/recordings"),
  ...{ name: "chaos", build: "chaos", clock, limits: LOG_LIMITS },
});
const log = book.siteLog;
const key = parseKey(keyText, sha256);
if (!log || !key) throw new Error(`the log does not open: ${JSON.stringify(book.state)}`);
const dialer = new IntegrationDialer({ destinations: [url], plant: () => [] });
new Witnessing({
  ...{ log, clock, post: (to, type, body) => dialer.post(to, type, body) },
  policy: { logs: [], groups: [], quorum: name, witnesses: [{ name, key, url }] },
  onLag: () => {},
  onFork: (text) => say(`FORK ${text}`),
});
say("ready");

async function endless(session: string): Promise<void> {
  const header = testHeader(session);
  const tape = await evidence.recorder.open(header);
  await book.openSession(header);
  for (let number = 0; ; number += 1) {
    const bytes = new Uint8Array(40).fill(number & 0xff);
    tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
    await new Promise((done) => tape.whenDurable(done));
  }
}

async function short(prefix: string): Promise<void> {
  for (let n = 0; ; n += 1) {
    const session = `${prefix}-${n}`;
    const header = testHeader(session);
    const tape = await evidence.recorder.open(header);
    await book.openSession(header);
    for (let number = 0; number < 30; number += 1) {
      tape.append({ kind: "bytes", channel: 1, from: "client", bytes: new Uint8Array(24) });
    }
    tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
    await tape.close();
    book.closeSession(session);
    await pause(20);
  }
}

async function events(): Promise<void> {
  for (let number = Number(first); ; number += 1) {
    const { index } = (await log?.append({ kind: "test", number })) ?? { index: -1 };
    say(`kept ${number} ${index}`);
    await pause(1);
  }
}

async function progress(): Promise<void> {
  for (;;) {
    await addLeaf({ book, evidence });
    await pause(15);
  }
}

await Promise.all([endless(`long-${run}`), short(`short-${run}`), events(), progress()]);
