/**
 * kill -9 while sessions are recorded, and again while the next start recovers them. It takes
 * seconds and is worth them: no other test shows that a disk holds what was called durable.
 */

import path from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { startChild } from "../kit/child.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const KILLS = Number(process.env.SALLYPORT_KILLS ?? 10);
const WRITER = path.join(import.meta.dirname, "evidence-writer.ts");

/** What the writers said before they were killed. */
interface Said {
  /** Session to the numbers that were durable, in the order in which they were said. */
  readonly durable: Map<string, number[]>;
  readonly closed: Set<string>;
}

test(`what was durable survives ${KILLS} kills, also kills of the recovery`, {
  timeout: 60_000 + KILLS * 30_000,
}, async () => {
  const directory = path.join(temporaryFolder(), "evidence");
  const said: Said = { durable: new Map(), closed: new Set() };
  for (let run = 0; run < KILLS; run++) {
    await killAfter(directory, run, /^opening$/m, Math.random() * 120, said);
    await killAfter(directory, run, /^durable/m, Math.random() * 400, said);
  }
  const evidence = await openEvidence({
    directory,
    keys: TEST_KEYS,
    build: "test",
    clock: systemClock,
  });
  for (const [session, numbers] of said.durable) {
    await mustHold(evidence, session, numbers, said.closed.has(session));
  }
  const listed = await evidence.recordings.list();
  expect(listed.map((recording) => recording.state)).not.toContain("open");
  expect(said.durable.size).toBeGreaterThan(KILLS);
  expect(await recoverAgain(evidence, directory)).toEqual([]);
});

/** Starts a writer and kills it so long after it has said what is awaited. */
async function killAfter(
  directory: string,
  run: number,
  ready: RegExp,
  afterMs: number,
  said: Said,
): Promise<void> {
  const name = `${run}${ready.source.includes("opening") ? "o" : "d"}`;
  const writer = await startChild(process.execPath, [WRITER, directory, name], { ready });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  writer.process.kill("SIGKILL");
  expect(await writer.ended, writer.output).toBe("SIGKILL");
  // The last line may be cut.
  for (const line of writer.output.split("\n").slice(0, -1)) hear(line, said);
}

function hear(line: string, said: Said): void {
  const [what, session = "", number] = line.split(" ");
  if (what === "closed") said.closed.add(session);
  if (what !== "durable") return;
  const numbers = said.durable.get(session) ?? [];
  numbers.push(Number(number));
  said.durable.set(session, numbers);
}

async function mustHold(
  evidence: Evidence,
  session: string,
  numbers: readonly number[],
  wasClosed: boolean,
): Promise<void> {
  const recording = await evidence.recordings.get(session);
  const records = await recordsOf(evidence, session);
  const last = records.at(-1);
  expect(records.map((record) => record.sequence)).toEqual(records.map((_, i) => i));
  const found = records.flatMap((record) => (record.kind === "bytes" ? [numberOf(record)] : []));
  expect(found).toEqual(found.map((_, i) => i));
  expect(found.length, session).toBeGreaterThan(numbers.at(-1) ?? -1);
  expect(recording?.records).toBe(records.length);
  if (wasClosed) expect(recording?.state, session).toBe("sealed");
  else expect(recording?.state, session).toBe(last?.kind === "end" ? "sealed" : "aborted");
  if (last?.kind !== "end") expect(recording?.cause).toContain("The broker stopped");
}

async function recordsOf(evidence: Evidence, session: string): Promise<readonly TapeRecord[]> {
  const recording = await evidence.recordings.get(session);
  const records: TapeRecord[] = [];
  for (const { number } of recording?.segments ?? []) {
    const bytes = await evidence.recordings.segment(session, number);
    const read = readSegment(bytes ?? new Uint8Array(0));
    expect(read).toMatchObject({ kind: "segment", whole: true });
    records.push(...read.records);
  }
  return records;
}

function numberOf(record: TapeRecord & { kind: "bytes" }): number {
  return new DataView(record.bytes.buffer, record.bytes.byteOffset).getUint32(0);
}

async function recoverAgain(evidence: Evidence, directory: string): Promise<unknown> {
  await evidence.close();
  const again = await openEvidence({
    directory,
    keys: TEST_KEYS,
    build: "test",
    clock: systemClock,
  });
  const { recovered } = again;
  await again.close();
  return recovered;
}
