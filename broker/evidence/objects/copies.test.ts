import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { MemoryObjectStore } from "../../../test/kit/memory-object-store.ts";
import { copyPlaces, makeRecordings } from "../../../test/kit/recordings-made.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { Copies, type CopiesParts } from "./copies.ts";
import { CopyWork } from "./copy-work.ts";
import { StoreTrouble } from "./object-store.ts";
import { type CopyPlaces, readStored } from "./stored.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const SESSIONS = ["s-0", "s-1", "s-2", "s-3", "s-4", "s-5"];

let made = "";
let places: CopyPlaces;
let store: MemoryObjectStore;
let clock: TestClock;
let copies: Copies;
let differs: string[];
let went: string[];
let away: { fromMs: number; untilMs: number };

beforeAll(async () => {
  made = makeFolder();
  await makeRecordings(made, Object.fromEntries(SESSIONS.map((session) => [session, 40_000])));
  return () => removeFolder(made);
}, 60_000);

beforeEach(() => {
  const directory = path.join(temporaryFolder(), "evidence");
  mkdirSync(path.join(directory, "recordings"), { recursive: true });
  places = copyPlaces(directory);
  store = new MemoryObjectStore();
  clock = new TestClock(Date.now() + MINUTE);
  [differs, went] = [[], []];
  away = { fromMs: 0, untilMs: 0 };
});

afterEach(() => copies.stop());

/** @param name another than its own: nobody looks at its header here */
function add(session: string, name = session): void {
  const from = path.join(made, "recordings", session);
  const to = path.join(places.recordings, name);
  mkdirSync(path.join(to, "segments"), { recursive: true });
  for (const file of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    if (file !== "segments")
      writeFileSync(path.join(to, file), readFileSync(path.join(from, file)));
  }
}

function start(more: Partial<CopiesParts> = {}): void {
  const work = new CopyWork({ ...places, store });
  copies = new Copies({
    ...{ volume: diskVolume, recordings: places.recordings, clock },
    work: Object.assign(work, { close: async () => {} }),
    rules: { lock: undefined, local: { kind: "forever" } },
    keyOf: (session) => `north/${session}.tar`,
    needsRoom: () => false,
    isIndexed: () => true,
    changed: () => {},
    differs: (session) => differs.push(session),
    wentAway: (session) => went.push(session),
    ...more,
  });
  copies.start();
}

function outage(): void {
  store.before = () => {
    const nowMs = clock.wallMs();
    if (nowMs < away.fromMs || nowMs >= away.untilMs) return;
    throw new StoreTrouble("connect ECONNREFUSED", 0, "ECONNREFUSED");
  };
}

/** Lets time pass in small steps, each once a pass is over, until it is so. */
async function until(isSo: () => boolean, stepMs = 15_000): Promise<void> {
  for (let steps = 0; steps < 3_000; steps += 1) {
    await copies.passed;
    if (isSo()) return;
    clock.advance(stepMs);
  }
  throw new Error(`it never came to be: ${JSON.stringify(copies.state)}`);
}

async function pass(ms: number): Promise<void> {
  const endMs = clock.wallMs() + ms;
  await until(() => clock.wallMs() >= endMs);
}

const proven = async (session: string) => (await readStored(places, session)) !== undefined;

test("the store is away for an hour: what was closed waits, comes through by itself, and once", async () => {
  outage();
  away = { fromMs: clock.wallMs(), untilMs: clock.wallMs() + 60 * MINUTE };
  for (const session of SESSIONS) add(session);
  start();
  await pass(30 * MINUTE);
  expect(copies.state).toMatchObject({ waiting: 6, stored: 0, parked: [] });
  expect(copies.state.away?.cause).toContain("ECONNREFUSED");
  await until(() => clock.wallMs() > away.untilMs && copies.state.stored === 6);
  // At most the longest pause after it is back.
  expect(clock.wallMs() - away.untilMs).toBeLessThan(11 * MINUTE);
  expect(copies.state).toMatchObject({ waiting: 0, parked: [], away: undefined });
  for (const session of SESSIONS) {
    expect(store.objects.get(`north/${session}.tar`)).toHaveLength(1);
  }
});

test("one that the store never takes is parked, and holds up none of the others", async () => {
  store.before = (_, key) => {
    if (key.includes("s-2")) throw new StoreTrouble("it answered 500", 500, "InternalError");
  };
  for (const session of SESSIONS.slice(0, 3)) add(session);
  start();
  await until(() => copies.state.stored === 2);
  expect(copies.state.parked).toEqual([]);
  // Others come through beside it, so that it is its own fault.
  for (const another of ["s-3", "s-4", "s-5", "z-1", "z-2", "z-3"]) {
    if (copies.state.parked.length > 0) break;
    add(another.startsWith("s") ? another : "s-0", another);
    await pass(6 * MINUTE);
  }
  expect(copies.state.parked).toEqual([{ session: "s-2", cause: "it answered 500" }]);
  expect(copies.state.away).toBeUndefined();
  store.before = () => {};
  await until(() => copies.state.parked.length === 0, MINUTE);
  expect(await proven("s-2")).toBe(true);
});

test("one that is damaged here is parked at once, with what is wrong with it", async () => {
  for (const session of SESSIONS.slice(0, 3)) add(session);
  const segment = path.join(places.recordings, "s-0", "segments", "0.seg");
  writeFileSync(segment, "something else");
  start();
  await until(() => copies.state.stored === 2);
  expect(copies.state.parked).toEqual([
    { session: "s-0", cause: "segments/0.seg is not as it was sealed: its hash differs" },
  ]);
  expect(copies.state.away).toBeUndefined();
});

test("a store that keeps other bytes than it was sent is told of, and nothing counts as stored", async () => {
  store.kept = (bytes) => bytes.map((byte, at) => (at === 2_000 ? byte ^ 1 : byte));
  for (const session of SESSIONS.slice(0, 2)) add(session);
  start();
  await until(() => differs.length >= 2);
  expect(copies.state.stored).toBe(0);
  store.kept = (bytes) => bytes;
  await until(() => copies.state.stored === 2);
});

test("what is here goes only by the site's rule, once it is proven anew and the search has it", async () => {
  const indexed = new Set(["s-0"]);
  for (const session of SESSIONS.slice(0, 2)) add(session);
  const local = { kind: "for", ms: 30 * DAY } as const;
  start({ rules: { lock: undefined, local }, isIndexed: (session) => indexed.has(session) });
  await until(() => copies.state.stored === 2);
  await pass(2 * MINUTE);
  expect(went).toEqual([]);
  clock.advance(31 * DAY);
  await until(() => went.length === 1);
  expect(went).toEqual(["s-0"]);
  expect(copies.isOnlyThere("s-0")).toBe(true);
  expect(readdirSync(path.join(places.recordings, "s-0", "segments"))).toEqual([]);
  // The other one's copy is gone meanwhile: it stays here, and is copied again.
  store.objects.delete("north/s-1.tar");
  indexed.add("s-1");
  await until(() => differs.length === 1);
  expect(readdirSync(path.join(places.recordings, "s-1", "segments"))).toContain("0.seg");
  await until(() => went.length === 2);
});

test("where the volume needs room the oldest go, and nothing that is held or not allowed to", async () => {
  for (const session of SESSIONS.slice(0, 2)) add(session);
  writeFileSync(path.join(places.recordings, "s-0", "hold.json"), "{}");
  start({ needsRoom: () => true, rules: { lock: undefined, local: { kind: "until-full" } } });
  await until(() => went.length === 1);
  await pass(5 * MINUTE);
  expect(went).toEqual(["s-1"]);
  await copies.stop();
  start({ needsRoom: () => true });
  await until(() => copies.state.stored === 2);
  await pass(5 * MINUTE);
  expect(went).toEqual(["s-1"]);
});

test("a legal hold stands on the copy too, and goes when it is released", async () => {
  add("s-0");
  start();
  await until(() => copies.state.stored === 1);
  const copy = () => store.objects.get("north/s-0.tar")?.at(-1);
  const hold = path.join(places.recordings, "s-0", "hold.json");
  writeFileSync(hold, "{}");
  copies.changed("s-0");
  await until(() => copy()?.held === true);
  await diskVolume.remove(hold);
  copies.changed("s-0");
  await until(() => copy()?.held === false);
});

test("without the lock that the site asks for nothing is sent", async () => {
  store.offers = { versions: true, lock: false };
  add("s-0");
  start({ rules: { lock: { mode: "COMPLIANCE", forMs: DAY }, local: { kind: "forever" } } });
  await until(() => copies.state.away !== undefined);
  expect(copies.state.away?.cause).toContain("no Object Lock");
  expect(store.objects.size).toBe(0);
  store.offers = { versions: true, lock: true };
  await until(() => copies.state.stored === 1);
  expect(store.objects.get("north/s-0.tar")?.at(-1)?.lock?.mode).toBe("COMPLIANCE");
});

test("a site that starts again knows what it has, and asks for none of it", async () => {
  for (const session of SESSIONS) add(session);
  start();
  await until(() => copies.state.stored === 6);
  await copies.stop();
  const asked: string[] = [];
  store.before = (request) => void asked.push(request);
  start();
  await until(() => copies.state.stored === 6);
  expect(asked.filter((request) => request !== "features")).toEqual([]);
});
