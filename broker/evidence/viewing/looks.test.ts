import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { openStore } from "../../store/store.ts";
import { LOOKING_MS, Looks, type Viewer } from "./looks.ts";

const THEO: Viewer = { kind: "person", id: "theo", name: "Theo", address: "192.0.2.1" };
const VIEWED = { session: "s1", what: "Ann on PLC" };

async function start() {
  const clock = new TestClock();
  const store = await openStore({ path: path.join(temporaryFolder(), "store.db"), clock });
  onTestFinished(() => store.close());
  await store.queries
    .insertInto("people")
    .values({
      ...{ id: "theo", name: "Theo", email: "theo@plant.example", employer: "", roles: "auditor" },
      ...{ user_handle: "h", enrolled_ms: 1, disabled_ms: null, last_sign_in_ms: null },
      created_ms: 1,
    })
    .execute();
  const events: string[] = [];
  store.log.onEvent(({ kind, text }) => events.push(`${kind}: ${text}`));
  return { clock, store, events, looks: new Looks(store, clock) };
}

test("one looking is one entry and one event, however often its page fetches", async () => {
  const { clock, looks, events } = await start();
  const fromMs = clock.wallMs();
  await looks.note(THEO, VIEWED, "replay");
  await looks.note(THEO, VIEWED, "replay", { fromMs: 5_000, untilMs: 6_000 });
  clock.advance(LOOKING_MS - 1);
  await looks.note(THEO, VIEWED, "replay", { fromMs: 1_000, untilMs: 2_000 });
  expect(await looks.list("s1")).toMatchObject([
    {
      ...{ who: "Theo", how: "replay", fromMs, untilMs: fromMs + LOOKING_MS - 1 },
      seen: { fromMs: 1_000, untilMs: 6_000 },
    },
  ]);
  expect(events).toEqual(["recording:viewed: Theo opened the recording of Ann on PLC"]);
});

test("from another address it is another looking, with that address", async () => {
  const { looks, events } = await start();
  await looks.note(THEO, VIEWED, "replay");
  await looks.note({ ...THEO, address: "198.51.100.9" }, VIEWED, "replay");
  const addresses = (await looks.list("s1")).map(({ address }) => address);
  expect(addresses.toSorted()).toEqual(["192.0.2.1", "198.51.100.9"]);
  expect(events).toHaveLength(2);
});

test("who comes back later looks anew, and the event says when and at what the first looking was", async () => {
  const { clock, looks, events } = await start();
  await looks.note(THEO, VIEWED, "replay", { fromMs: 0, untilMs: 1_000 });
  clock.advance(LOOKING_MS);
  await looks.note(THEO, VIEWED, "replay");
  expect(await looks.list("s1")).toHaveLength(2);
  expect(events).toEqual([
    "recording:viewed: Theo opened the recording of Ann on PLC",
    "recording:view-ended: Theo looked into the recording of Ann on PLC from 2026-01-05T08:00:00Z until 2026-01-05T08:00:00Z, at what happened from 1970-01-01T00:00:00Z until 1970-01-01T00:00:01Z",
    "recording:viewed: Theo opened the recording of Ann on PLC",
  ]);
});

test("watching live lasts until it is over, and is no event of its own", async () => {
  const { clock, looks, events } = await start();
  const fromMs = clock.wallMs();
  await looks.note(THEO, VIEWED, "live");
  clock.advance(3 * LOOKING_MS);
  expect((await looks.list("s1"))[0]?.untilMs).toBe(fromMs + 3 * LOOKING_MS);
  await looks.over(THEO, VIEWED, "live");
  clock.advance(LOOKING_MS);
  expect(await looks.list("s1")).toMatchObject([{ how: "live", untilMs: fromMs + 3 * LOOKING_MS }]);
  expect(events).toEqual([]);
});

test("what cannot be noted is refused, and tried again the next time", async () => {
  const { looks } = await start();
  const nobody: Viewer = { ...THEO, id: "nobody" };
  await expect(looks.note(nobody, VIEWED, "replay")).rejects.toThrow();
  await expect(looks.note(nobody, VIEWED, "replay")).rejects.toThrow();
  expect(await looks.list("s1")).toEqual([]);
});
