/** Small recordings to search, and a search that has all of them. */
import { systemClock } from "../../broker/clock.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import type { EvidenceLimits } from "../../broker/evidence/limits.ts";
import type { Answer, Question, Search } from "../../broker/evidence/search/search.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { parseQuery } from "../../protocols/search/parse-query.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { OperationsTape } from "./operations-tape.ts";
import { testHeader } from "./tape-header.ts";

const TAGS = [
  {
    ...{ name: "P101.SpeedSetpoint", unitId: 1, table: "holding-registers", address: 11 },
    ...{ type: "uint16", wordOrder: "big", scale: 1, offset: 0, unit: "Hz" },
  },
];

export function openTestEvidence(
  directory: string,
  limits: Partial<EvidenceLimits> = {},
): Promise<Evidence> {
  return openEvidence({ directory, build: "test", clock: systemClock, keys: TEST_KEYS, limits });
}

/** Writes the values to the speed of P101, a read before each; every third is refused. */
export async function recordWrites(
  evidence: Evidence,
  session: string,
  values: readonly number[],
): Promise<void> {
  const tape = await evidence.recorder.open({ ...testHeader(session), tags: TAGS });
  const operations = new OperationsTape(tape);
  const read = readPoints(1, "holding-registers", 11, 1);
  for (const [at, value] of values.entries()) {
    operations.judge(read, { kind: "permit" });
    operations.answer(read, [value]);
    const write = writePoints(1, "holding-registers", 11, [value]);
    const isRefused = at % 3 === 2;
    operations.judge(write, { kind: isRefused ? "deny" : "permit", reason: `value ${value}` });
    if (!isRefused) operations.answer(write);
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
}

export async function ask(
  search: Search,
  query: string,
  more: Partial<Question> = {},
): Promise<Answer> {
  const local = (year: number, month: number, day: number, hour: number, minute: number) =>
    Date.UTC(year, month - 1, day, hour, minute);
  const parsed = parseQuery(query, { nowMs: Date.now(), local });
  if (parsed.kind === "fault") throw new Error(parsed.fault.message);
  return search.find({
    terms: parsed.terms,
    maySee: () => true,
    surroundings: { employer: () => undefined, requests: () => [] },
    ...{ asker: `${Math.random()}`, cursor: undefined, limit: 500, ...more },
  });
}

/** Resolves once all of so many recordings are in the index to their end. */
export async function caughtUp(search: Search, recordings: number): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const progress = search.progress();
    if (progress.recordings === recordings && progress.behind === 0) return;
    if (Date.now() > endMs) throw new Error(`not indexed: ${JSON.stringify(progress)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const PATIENCE_MS = 30_000;
