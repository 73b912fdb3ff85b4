import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readPoints, writePoints } from "../../../protocols/modbus/build.ts";
import { parseQuery } from "../../../protocols/search/parse-query.ts";
import type { Term } from "../../../protocols/search/terms.ts";
import type { Header, HeaderTag } from "../../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { OperationsTape } from "../../../test/kit/operations-tape.ts";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { type Evidence, openEvidence } from "../evidence.ts";
import { type Answer, type Question, type Search, SearchUnavailable } from "./search.ts";

const SPEED: HeaderTag = {
  ...{ name: "P101.SpeedSetpoint", unitId: 1, table: "holding-registers", address: 11 },
  ...{ type: "uint16", wordOrder: "big", scale: 0.1, offset: 0, unit: "Hz" },
};
const LEVEL: HeaderTag = {
  ...{ name: "T1.Level", unitId: 1, table: "input-registers", address: 0 },
  ...{ type: "uint16", wordOrder: "big", scale: 1, offset: 0, unit: "cm" },
};

let directory = "";
let evidence: Evidence;
let search: Search;
let troubles: string[];

beforeEach(async () => {
  directory = temporaryFolder();
  troubles = [];
  await openAll();
});

async function openAll(): Promise<void> {
  const opened = await openEvidence({
    ...{ directory, build: "test", clock: systemClock, keys: TEST_KEYS },
  });
  evidence = opened;
  search = opened.openSearch((cause) => troubles.push(cause));
  onTestFinished(() => opened.close());
}

function header(session: string, more: Partial<Header> = {}): Header {
  const startedMs = 1_767_600_000_000 + Number(session.slice(2)) * 60_000;
  return { ...testHeader(session), tags: [SPEED, LEVEL], startedMs, ...more };
}

function writeSpeed(value: number) {
  return writePoints(1, "holding-registers", 11, [value]);
}

/** A session that polls a level and sets the speed of a pump: 25, 35 and (refused) 60 Hz. */
async function record(session: string, more: Partial<Header> = {}): Promise<void> {
  const tape = await evidence.recorder.open(header(session, more));
  const operations = new OperationsTape(tape);
  const read = readPoints(1, "input-registers", 0, 1);
  for (const level of [100, 130, 90]) {
    operations.judge(read, { kind: "permit" });
    operations.answer(read, [level]);
  }
  for (const value of [250, 350]) {
    operations.judge(writeSpeed(value), { kind: "permit", rule: "tuning/pump speed" });
    operations.answer(writeSpeed(value));
  }
  const reason = "outside 20 to 45 Hz";
  operations.judge(writeSpeed(600), { kind: "deny", rule: "tuning/pump speed", reason });
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
}

function terms(query: string): readonly Term[] {
  const parsed = parseQuery(query, {
    nowMs: Date.now(),
    local: (y, m, d, h, min) => Date.UTC(y, m - 1, d, h, min),
  });
  if (parsed.kind === "fault") throw new Error(parsed.fault.message);
  return parsed.terms;
}

function ask(query: string, more: Partial<Question> = {}): Promise<Answer> {
  return search.find({
    terms: terms(query),
    maySee: () => true,
    surroundings: { employer: () => undefined, requests: () => [] },
    ...{ asker: `${Math.random()}`, cursor: undefined, limit: 50, ...more },
  });
}

/** A slow machine may answer before it has looked at what a session did last; then it says so. */
async function askWhole(query: string): Promise<Answer> {
  let answer = await ask(query);
  while (answer.behind > 0) answer = await ask(query);
  return answer;
}

/** Everything recorded is in the index. */
async function indexed(recordings: number): Promise<void> {
  await expect
    .poll(() => search.progress(), { timeout: 60_000, interval: 50 })
    .toEqual({ recordings, behind: 0, isReady: true });
}

function toldBy({ hits }: Answer): string[] {
  return hits.map(({ session, row }) => {
    const values = row.points.map(({ tag, min, max }) =>
      min === max ? `${tag}=${min}` : `${tag}=${min}..${max}`,
    );
    return [session, row.action, row.verdict, ...values].join(" ");
  });
}

test("what was recorded is found, the newest recording first and each from its end", async () => {
  await record("s-1");
  await record("s-2");
  await indexed(2);
  const found = await ask("tag:P101.*");
  expect(toldBy(found)).toEqual([
    "s-2 modbus:write deny P101.SpeedSetpoint=60",
    "s-2 modbus:write permit P101.SpeedSetpoint=35",
    "s-2 modbus:write permit P101.SpeedSetpoint=25",
    "s-1 modbus:write deny P101.SpeedSetpoint=60",
    "s-1 modbus:write permit P101.SpeedSetpoint=35",
    "s-1 modbus:write permit P101.SpeedSetpoint=25",
  ]);
  expect(found).toMatchObject({ asked: 2, behind: 0, cursor: undefined });
});

test.each([
  ["tag:P101.* value:>30 verdict:permit", ["s-1 modbus:write permit P101.SpeedSetpoint=35"]],
  ["verdict:deny", ["s-1 modbus:write deny P101.SpeedSetpoint=60"]],
  ['rule:"tuning/pump speed" value:..25', ["s-1 modbus:write permit P101.SpeedSetpoint=25"]],
  ["reason:OUTSIDE", ["s-1 modbus:write deny P101.SpeedSetpoint=60"]],
  ["register:40012 value:35", ["s-1 modbus:write permit P101.SpeedSetpoint=35"]],
  ["register:holding:11 -verdict:permit", ["s-1 modbus:write deny P101.SpeedSetpoint=60"]],
  ["tag:T1.Level value:>120", ["s-1 modbus:read permit T1.Level=90..130"]],
  ["value:>130 tag:T1.Level", []],
  ["class:operate outcome:refused", ["s-1 modbus:write deny P101.SpeedSetpoint=60"]],
  ["action:session:end", ["s-1 session:end "]],
  ["asset:plc zone:treatment by:ada verdict:deny", ["s-1 modbus:write deny P101.SpeedSetpoint=60"]],
  ["by:bob", []],
  ["unit:2", []],
  ["after:2030-01-06", []],
  ["text:reload", []],
])("%s", async (query, expected) => {
  await record("s-1");
  await indexed(1);
  expect(toldBy(await ask(query))).toEqual(expected);
});

test("a result names the record where the value was read, also within a run of reads", async () => {
  await record("s-1");
  await indexed(1);
  const [hit] = (await ask("tag:T1.Level value:>120")).hits;
  expect(hit?.row.count).toBe(3);
  // channel, (request, verdict, answer) * 3: the second verdict.
  expect(hit?.at).toBe(5);
  expect((await ask("tag:T1.Level value:<95")).hits[0]?.at).toBe(8);
});

test("pages follow one another without a gap or anything twice", async () => {
  for (const session of ["s-1", "s-2", "s-3"]) await record(session);
  await indexed(3);
  const whole = await ask("action:modbus:*");
  const pages: string[] = [];
  let cursor: Answer["cursor"];
  do {
    const page = await ask("action:modbus:*", { limit: 2, cursor });
    pages.push(...toldBy(page));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(pages).toEqual(toldBy(whole));
  expect(pages).toHaveLength(12);
});

test("a recording that one may not see is neither found nor counted", async () => {
  await record("s-1");
  await record("s-2", { subject: { id: "p-2", name: "Bob", roles: ["engineer"] } });
  await indexed(2);
  const found = await ask("tag:P101.*", { maySee: ({ header: h }) => h.subject.id === "p-2" });
  expect(new Set(found.hits.map(({ session }) => session))).toEqual(new Set(["s-2"]));
  expect([found.asked, found.behind, [...found.recordings.keys()]]).toEqual([1, 0, ["s-2"]]);
  const none = await ask("tag:P101.*", { maySee: () => false });
  expect(none).toMatchObject({ hits: [], asked: 0, behind: 0, cursor: undefined });
});

test("employer, ticket and request are asked of those who know them", async () => {
  await record("s-1");
  await indexed(1);
  const surroundings = {
    employer: (person: string) => (person === "p-1" ? "Pumps & Co" : undefined),
    requests: (grant: string) => (grant === "g-1" ? [{ id: "r-7", ticket: "INC-42" }] : []),
  };
  for (const query of ["employer:pumps", "ticket:inc-42", "request:r-7", "ticket:INC-*"]) {
    expect((await ask(query, { surroundings })).asked).toBe(1);
  }
  for (const query of ["employer:valves", "ticket:INC-4", "-request:r-7"]) {
    expect((await ask(query, { surroundings })).asked).toBe(0);
  }
});

test("a session under way is found with what it did a moment ago", async () => {
  const tape = await evidence.recorder.open(header("s-1"));
  const operations = new OperationsTape(tape);
  operations.judge(writeSpeed(250), { kind: "permit" });
  const first = await askWhole("tag:P101.*");
  expect(toldBy(first)).toEqual(["s-1 modbus:write permit P101.SpeedSetpoint=25"]);
  expect([first.hits[0]?.row.outcome, first.behind]).toEqual(["pending", 0]);
  operations.answer(writeSpeed(250));
  operations.judge(writeSpeed(300), { kind: "hold", rule: "ask first" });
  const second = await askWhole("tag:P101.*");
  expect(second.hits.map(({ row }) => row.outcome)).toEqual(["held", "answered"]);
  expect(toldBy(await askWhole("hold:waiting"))).toHaveLength(1);
  operations.settle(writeSpeed(300), { kind: "permit", reason: "Ben Weber agreed; passkey x" });
  operations.answer(writeSpeed(300));
  expect(toldBy(await askWhole("hold:allowed approver:weber"))).toHaveLength(1);
  expect((await askWhole("hold:waiting")).hits).toEqual([]);
  expect((await askWhole("state:open")).asked).toBe(1);
  tape.append({ kind: "end", rule: "owner-ended", reason: "done" });
  await tape.close();
  await indexed(1);
  expect(toldBy(await askWhole("tag:P101.*"))).toHaveLength(2);
  expect(troubles).toEqual([]);
});

test("a search for nothing in particular, of an unknown word, ends empty", async () => {
  await record("s-1");
  await indexed(1);
  expect((await ask("nothing-of-the-kind")).hits).toEqual([]);
  expect((await ask("")).hits.length).toBeGreaterThan(0);
  expect((await ask("ada")).hits.length).toBeGreaterThan(0);
});

test("a newer search of the same asker ends the one before", async () => {
  await record("s-1");
  await indexed(1);
  const first = ask("tag:P101.*", { asker: "me" });
  const second = ask("verdict:deny", { asker: "me" });
  await expect(first).rejects.toThrow(SearchUnavailable);
  expect((await second).hits).toHaveLength(1);
});

test("the index on disk shows no name, value or text", async () => {
  await record("s-1");
  await indexed(1);
  const folder = path.join(directory, "search");
  const names = readdirSync(folder);
  expect(names.sort()).toEqual(["key", "s-1.idx"]);
  for (const name of names) {
    const bytes = readFileSync(path.join(folder, name));
    for (const secret of ["P101", "Speed", "outside", "tuning", "Ada", "modbus", "treatment"]) {
      expect(bytes.includes(secret)).toBe(false);
    }
  }
});
