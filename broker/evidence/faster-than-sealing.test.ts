import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { TapeWriter } from "./recorder.ts";

/** Many more files than may wait to be sealed. */
const LIMITS = {
  writeAheadBytes: 256 * 1024,
  writeAheadFilesMax: 8,
  segmentBytes: 256 * 1024,
  gatherBytesMax: 128 * 1024,
};
const PIECE = randomBytes(32 * 1024);
const PIECES = 150;

function headerOf(session: string): Header {
  return {
    ...{ version: 1, build: "test", session, site: "site", startedMs: systemClock.wallMs() },
    subject: { id: "ann", name: "Ann", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "cell" },
    endpoint: { id: "ssh", protocol: "ssh" },
    grant: { id: "grant", profile: "profile", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [],
  };
}

/** As a channel does: it reads no more while the tape is behind. */
async function fill(tape: TapeWriter): Promise<void> {
  for (let at = 0; at < PIECES; at++) {
    while (tape.isBehind) await new Promise<void>((done) => tape.whenCaughtUp?.(done));
    tape.append({ kind: "bytes", channel: 1, from: "client", bytes: PIECE });
    await turn();
  }
}

async function piecesOf({ recordings }: Evidence, session: string): Promise<number> {
  let pieces = 0;
  for (const { number } of (await recordings.get(session))?.segments ?? []) {
    const bytes = await recordings.segment(session, number);
    const { records } = readSegment(bytes ?? new Uint8Array(0));
    pieces += records.filter(({ kind }) => kind === "bytes").length;
  }
  return pieces;
}

test("transfers that are faster than sealing wait for it, and the recorder fails nobody", async () => {
  const evidence = await openEvidence({
    ...{ directory: temporaryFolder(), keys: TEST_KEYS, build: "test", clock: systemClock },
    limits: LIMITS,
  });
  onTestFinished(() => evidence.close());
  const states: unknown[] = [];
  evidence.recorder.onState((state) => states.push(state));
  const open = (session: string) => evidence.recorder.open(headerOf(session));
  const [first, second, slow] = await Promise.all([open("one"), open("two"), open("slow")]);
  let errors = 0;
  let written = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      slow.append({ kind: "watch", subject: "bob", joined: written % 2 === 0 });
      const error = await new Promise<Error | undefined>((done) => slow.whenDurable(done));
      if (error) errors++;
      written++;
      await turn();
    }
  })();
  await Promise.all([fill(first), fill(second)]);
  isOver = true;
  await writing;
  await Promise.all([first, second, slow].map((tape) => tape.close()));
  expect(states).toEqual([]);
  expect(errors).toBe(0);
  expect(written).toBeGreaterThan(0);
  const all = await evidence.recordings.list();
  expect(all.map(({ state }) => state)).not.toContain("gap");
  expect(await piecesOf(evidence, "one")).toBe(PIECES);
  expect(await piecesOf(evidence, "two")).toBe(PIECES);
}, 120_000);
