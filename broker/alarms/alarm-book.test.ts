import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { Person } from "../store/model.ts";
import { openStore, type Store } from "../store/store.ts";
import { AlarmBook } from "./alarm-book.ts";
import { ALARM_KIND_NAMES, ALARM_KINDS } from "./alarm-kinds.ts";
import { OF_THE_WHOLE } from "./alarm-place.ts";
import { stateOf } from "./alarm-state.ts";
import { followEvents, hearWhatWaits, SITE } from "./alarms-by-event.ts";

const MINUTE = 60_000;
const ofWhole = () => OF_THE_WHOLE;
const sam = { id: "sam", name: "Sam" } as Person;

interface Desk {
  readonly clock: TestClock;
  readonly store: Store;
  readonly path: string;
  readonly book: AlarmBook;
}

async function desk(clock = new TestClock(), folder = temporaryFolder()): Promise<Desk> {
  const file = path.join(folder, "alarms.db");
  const store = await openStore({ path: file, clock });
  const book = await AlarmBook.open({
    ...{ store, clock },
    changed: () => {},
    trouble: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await book.close();
    await store.close();
  });
  return { clock, store, path: folder, book };
}

async function events({ store, book }: Desk): Promise<string[]> {
  await book.settle();
  return (await store.log.list()).map(({ kind }) => kind).reverse();
}

const states = (book: AlarmBook) => book.list().map(stateOf);

test("a condition raises one alarm, and only its going returns it to normal", async () => {
  const all = await desk();
  const { book, clock } = all;
  book.raise("recorder-failed", SITE, { text: "the disk is full" });
  const [alarm] = book.list();
  const acknowledged = await book.acknowledge(alarm?.id ?? "", sam, "I free space");
  expect(acknowledged?.acknowledged).toMatchObject({ name: "Sam", reason: "I free space" });
  clock.advance(60 * MINUTE);
  expect(states(book)).toEqual(["acknowledged"]);
  book.clear("recorder-failed", SITE);
  clock.advance(MINUTE);
  expect(book.list()).toEqual([]);
  expect(await events(all)).toEqual(["alarm:raised", "alarm:acknowledged", "alarm:returned"]);
  const [past] = await book.past();
  expect(past).toMatchObject({ kind: "recorder-failed", endedMs: expect.any(Number) });
});

test("one that has returned stays until somebody has seen it", async () => {
  const { book, clock } = await desk();
  book.raise("plant-invalid", SITE, { text: "line 3" });
  book.clear("plant-invalid", SITE);
  clock.advance(MINUTE);
  expect(states(book)).toEqual(["returned"]);
  await book.acknowledge(book.list()[0]?.id ?? "", sam, "seen");
  expect(book.list()).toEqual([]);
});

test("a condition that comes back after it was acknowledged and gone rings again", async () => {
  const { book, clock } = await desk();
  book.raise("plant-invalid", SITE, { text: "line 3" });
  await book.acknowledge(book.list()[0]?.id ?? "", sam, "seen");
  book.clear("plant-invalid", SITE);
  clock.advance(MINUTE);
  book.raise("plant-invalid", SITE, { text: "line 4" });
  expect(states(book)).toEqual(["unacknowledged"]);
});

test("what is acknowledged and still there does not ring again, unless each time counts", async () => {
  const { book } = await desk();
  book.raise("operation-refused", "s1", { text: "a" });
  book.raise("passkey-counter", "eva", { text: "a" });
  for (const { id } of book.list()) await book.acknowledge(id, sam, "seen");
  book.raise("operation-refused", "s1", { text: "b" });
  book.raise("passkey-counter", "eva", { text: "b" });
  expect(states(book)).toEqual(["acknowledged", "unacknowledged"]);
  expect(book.list().map(({ count }) => count)).toEqual([2, 2]);
});

test("what flutters is one alarm that stays until it has been quiet for minutes", async () => {
  const all = await desk();
  const { book, clock } = all;
  for (let round = 0; round < 20; round += 1) {
    book.raise("recorder-failed", SITE, { text: "away" });
    clock.advance(1_000);
    book.clear("recorder-failed", SITE);
    clock.advance(6_000);
  }
  expect(book.list()).toHaveLength(1);
  expect(book.isFluttering(book.list()[0] ?? never())).toBe(true);
  expect(states(book)).toEqual(["unacknowledged"]);
  clock.advance(6 * MINUTE);
  expect(states(book)).toEqual(["returned"]);
  expect((await events(all)).length).toBeLessThan(10);
});

test("a flood of one kind ends in one alarm that says so", async () => {
  const { book } = await desk();
  for (let at = 0; at < 500; at += 1) book.raise("operation-refused", `s${at}`, { text: `${at}` });
  expect(book.list()).toHaveLength(21);
  expect(book.list().at(-1)).toMatchObject({ source: "more", count: 480 });
});

test("a shelf has an end, at most an hour for what is urgent, and the alarm comes back", async () => {
  const all = await desk();
  const { book, clock } = all;
  book.raise("recorder-failed", SITE, { text: "away" });
  const id = book.list()[0]?.id ?? "";
  const shelved = await book.shelve(id, sam, { reason: "disk is ordered", forMs: 1e12 });
  expect((shelved?.shelved?.untilMs ?? 0) - clock.wallMs()).toBe(60 * MINUTE);
  expect(states(book)).toEqual(["shelved"]);
  clock.advance(61 * MINUTE);
  expect(states(book)).toEqual(["unacknowledged"]);
  expect(await events(all)).toEqual(["alarm:raised", "alarm:shelved", "alarm:unshelved"]);
});

test("what happened returns by itself once it has not happened for a while", async () => {
  const { book, clock } = await desk();
  book.raise("operation-refused", "s1", { text: "a" });
  clock.advance(40_000);
  book.raise("operation-refused", "s1", { text: "b" });
  clock.advance(40_000);
  expect(states(book)).toEqual(["unacknowledged"]);
  clock.advance(30_000);
  expect(states(book)).toEqual(["returned"]);
});

test("exactly the conditions that are held are there", async () => {
  const { book } = await desk();
  const one = { text: "a" };
  book.hold(
    "hold-waiting",
    new Map([
      ["h1", one],
      ["h2", one],
    ]),
  );
  book.hold("hold-waiting", new Map([["h2", one]]));
  // Somebody has answered the first: that was its acknowledgement.
  expect(book.list().map(({ source }) => source)).toEqual(["h2"]);
  expect(states(book)).toEqual(["unacknowledged"]);
  expect(book.list().map(({ count }) => count)).toEqual([1]);
  await book.settle();
  expect((await book.past()).map(({ source }) => source)).toEqual(["h1"]);
});

test("alarms, words and shelves are there after a restart; what nobody says again returns", async () => {
  const clock = new TestClock();
  const first = await desk(clock);
  first.book.raise("recorder-failed", SITE, { text: "away" });
  first.book.raise("plant-invalid", SITE, { text: "line 3" });
  const [recorder, plant] = first.book.list();
  await first.book.acknowledge(recorder?.id ?? "", sam, "seen");
  await first.book.shelve(plant?.id ?? "", sam, { reason: "later", forMs: 10 * MINUTE });
  await first.book.close();
  await first.store.close();
  const { book } = await desk(clock, first.path);
  expect(states(book)).toEqual(["acknowledged", "shelved"]);
  book.raise("plant-invalid", SITE, { text: "line 3" });
  clock.advance(2 * MINUTE);
  expect(book.list().map(({ kind }) => kind)).toEqual(["plant-invalid"]);
  clock.advance(10 * MINUTE);
  expect(states(book)).toEqual(["unacknowledged"]);
});

test("nobody acknowledges twice, or what is not there", async () => {
  const { book } = await desk();
  book.raise("plant-invalid", SITE, { text: "line 3" });
  const id = book.list()[0]?.id ?? "";
  const both = await Promise.all([book.acknowledge(id, sam, "a"), book.acknowledge(id, sam, "b")]);
  expect(both.filter((one) => one !== undefined)).toHaveLength(1);
  expect(await book.acknowledge("none", sam, "a")).toBeUndefined();
});

test("an alarm counts while the database cannot write it", async () => {
  const clock = new TestClock();
  const troubles: unknown[] = [];
  const { store } = await desk(clock);
  const full = new Error("the disk is full");
  const book = await AlarmBook.open({
    store: { queries: store.queries, act: () => Promise.reject(full) },
    clock,
    changed: () => {},
    trouble: (error) => troubles.push(error),
  });
  book.raise("volume-full", SITE, { text: "0 bytes" });
  await book.settle();
  expect(states(book)).toEqual(["unacknowledged"]);
  expect(troubles).toEqual([full]);
  await expect(book.acknowledge(book.list()[0]?.id ?? "", sam, "seen")).rejects.toThrow(full);
  expect(states(book)).toEqual(["unacknowledged"]);
});

test("events raise what the table says, and alarms never raise alarms", async () => {
  const { book, clock } = await desk();
  const follow = followEvents(book, ofWhole);
  const event = { id: "1", atMs: 0, text: "t", subject: null, session: null, priority: "alarm" };
  const said = (kind: string) => follow({ ...event, kind, priority: "alarm" });
  said("witness:behind");
  said("alarm:raised");
  follow({ ...event, kind: "session:ended", priority: "event" });
  expect(book.list().map(({ kind }) => kind)).toEqual(["witness-behind"]);
  said("witness:caught-up");
  clock.advance(MINUTE);
  expect(states(book)).toEqual(["returned"]);
});

test("what is out of service by design is not raised, and says why", async () => {
  const { book } = await desk();
  book.takeOutOfService("witness-behind", "no witness is configured");
  book.raise("witness-behind", SITE, { text: "t" });
  expect(book.list()).toEqual([]);
  expect(book.outOfService("witness-behind")).toBe("no witness is configured");
});

test("every kind says what it is, what follows and what to do", () => {
  for (const name of ALARM_KIND_NAMES) {
    const { title, consequence, action } = ALARM_KINDS[name];
    for (const text of [title, consequence, action]) expect(text.length).toBeGreaterThan(10);
    expect(action).toMatch(/\.$/);
  }
});

function never(): never {
  throw new Error("there is none");
}

test("what happened while nobody listened rings at the next start, and only then", async () => {
  const clock = new TestClock();
  const folder = temporaryFolder();
  const lifted = (text: string) =>
    ({ kind: "lock:lifted-on-host", priority: "alarm", text }) as const;
  const file = path.join(folder, "alarms.db");
  // A command on the host, with the broker stopped.
  const store = await openStore({ path: file, clock });
  await store.log.record(lifted("root lifted the first"));
  await store.log.record(lifted("root lifted the second"));
  await store.log.record({ kind: "grant:made", priority: "event", text: "nobody's alarm" });
  await store.close();
  clock.advance(MINUTE);
  const first = await desk(clock, folder);
  await hearWhatWaits(first.book, first.store.queries, ofWhole);
  expect(first.book.list()).toMatchObject([
    { kind: "host-act", count: 2, text: "root lifted the second" },
  ]);
  await first.book.acknowledge(first.book.list()[0]?.id ?? "", sam, "it was me");
  await first.book.close();
  await first.store.close();
  // A crash came before the site log had them: they still wait, and the alarm knows of them.
  clock.advance(MINUTE);
  const second = await desk(clock, folder);
  await hearWhatWaits(second.book, second.store.queries, ofWhole);
  expect(second.book.list()).toMatchObject([{ count: 2, acknowledged: { name: "Sam" } }]);
});

test("a flood at one site leaves room for what happens at another", async () => {
  const { book } = await desk();
  const at = (site: string) => ({ asset: `plc-${site}`, site });
  for (let one = 0; one < 30; one += 1) {
    book.raise("operation-refused", `e${one}`, { text: `${one}`, place: at("east") });
  }
  book.raise("operation-refused", "w", { text: "the only one", place: at("west") });
  expect(book.list()).toHaveLength(22);
  expect(book.list().at(-2)).toMatchObject({ source: "more at east", site: "east", count: 10 });
  expect(book.list().at(-1)).toMatchObject({ source: "w", site: "west", count: 1 });
});

test("a flood at one site is over while another goes on", async () => {
  const { book } = await desk();
  const locks = (site: string, count: number) =>
    Array.from({ length: count }, (_, n) => {
      const source = `${site}-${n}`;
      return [source, { text: source, place: { asset: null, site } }] as const;
    });
  const floods = () =>
    book
      .list()
      .flatMap(({ source, returnedMs }) =>
        source.startsWith("more") && returnedMs === null ? [source] : [],
      );
  book.hold("lockdown", new Map([...locks("east", 25), ...locks("west", 25)]));
  expect(floods()).toEqual(["more at east", "more at west"]);
  book.hold("lockdown", new Map([...locks("east", 1), ...locks("west", 25)]));
  expect(floods()).toEqual(["more at west"]);
});

test("what somebody does at two sites is an alarm at each", async () => {
  const { book } = await desk();
  const follow = followEvents(book, ({ about }) => placeOf(about?.asset ?? ""));
  for (const asset of ["plc-east", "plc-west", "plc-east"]) {
    follow({
      ...{ id: "1", atMs: 0, priority: "alarm", text: `glass at ${asset}`, session: null },
      ...{ kind: "break-glass:opened", subject: "eva", about: { asset } },
    });
  }
  expect(book.list()).toMatchObject([
    { site: "east", count: 2, text: "glass at plc-east" },
    { site: "west", count: 1, text: "glass at plc-west" },
  ]);
});

test("alarms of before are found where their sessions were, and go with the asset", async () => {
  const clock = new TestClock();
  const folder = temporaryFolder();
  const before = await desk(clock, folder);
  const unknown = { asset: null, site: null };
  const { book, store } = before;
  await store.log.record({
    ...{ kind: "session:opened", priority: "event", text: "Eva opened one", session: "s1" },
    about: { asset: "plc-east" },
  });
  for (const session of ["s1", "s2"]) {
    book.raise("session-fault", session, { text: "fell over", session, place: unknown });
  }
  book.raise("session-fault", "s3", { text: "over", session: "s1", place: unknown });
  for (const alarm of book.list()) {
    if (alarm.source === "s3") await book.acknowledge(alarm.id, sam, "seen");
  }
  book.clear("session-fault", "s3");
  await book.place(placeOf);
  const sites = () => book.list().map(({ source, site }) => [source, site]);
  expect(sites()).toEqual([
    ["s1", "east"],
    ["s2", null],
  ]);
  expect(await book.past({ sites: ["east"] })).toMatchObject([{ source: "s3", asset: "plc-east" }]);
  await book.place((asset) => ({ asset, site: "west" }));
  expect(sites()).toEqual([
    ["s1", "west"],
    ["s2", null],
  ]);
  expect(await book.past({ sites: ["east"] })).toEqual([]);
  expect(await book.past({ sites: ["west"] })).toHaveLength(1);
  await book.close();
  await store.close();
  const again = await desk(clock, folder);
  expect(again.book.list()).toMatchObject([{ site: "west" }, { site: null }]);
});

/** `plc-east` is at the site `east`. */
function placeOf(asset: string) {
  return { asset, site: asset.replace("plc-", "") };
}
