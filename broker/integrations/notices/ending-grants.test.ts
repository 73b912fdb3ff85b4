import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { Grant } from "../../access/access.ts";
import { openStore, type Store } from "../../store/store.ts";
import { EndingGrants } from "./ending-grants.ts";

const MINUTE_MS = 60_000;

function grant(nowMs: number, change: Partial<Grant>): Grant {
  return {
    ...{ id: "g-1", source: "request", personId: "p-1", subject: "Ada", endpoint: "plc/modbus" },
    ...{ profile: "tuning", fromMs: nowMs, untilMs: null, weekly: null, sessionsMax: null },
    ...{ opensMs: nowMs, closesMs: null, state: "live", createdBy: "Sue", createdMs: nowMs },
    reason: "",
    ...change,
  } as Grant;
}

async function open(
  clock: TestClock,
  grants: () => readonly Grant[],
  folder = temporaryFolder(),
): Promise<{ store: Store; ending: EndingGrants }> {
  const store = await openStore({ path: path.join(folder, "sallyport.db"), clock });
  const ending = await EndingGrants.open({ store, clock, grants: async () => grants() });
  onTestFinished(async () => {
    ending.close();
    await store.close();
  });
  return { store, ending };
}

async function told(store: Store): Promise<(string | undefined)[]> {
  const events = await store.log.list();
  return events.toReversed().map(({ about }) => `${about?.grant} ${about?.untilMs}`);
}

test("each end is told once, a quarter of an hour before, or in the last quarter of a short time", async () => {
  const clock = new TestClock();
  const startMs = clock.wallMs();
  const [long, short] = [startMs + 8 * 60 * MINUTE_MS, startMs + 20 * MINUTE_MS];
  let grants = [
    grant(startMs, { closesMs: long }),
    grant(startMs, { id: "g-2", closesMs: short }),
    grant(startMs, { id: "g-3", closesMs: null }),
    grant(startMs, { id: "g-4", personId: null, closesMs: short }),
    grant(startMs, { id: "g-5", state: "coming", closesMs: short }),
  ];
  const { store, ending } = await open(clock, () => grants);
  clock.advance(14 * MINUTE_MS);
  await ending.look();
  expect(await told(store)).toEqual([]);
  clock.advance(2 * MINUTE_MS);
  await ending.look();
  await ending.look();
  expect(await told(store)).toEqual([`g-2 ${short}`]);
  // Time was added: the new end is told too.
  grants = [grant(startMs, { id: "g-2", closesMs: short + 5 * MINUTE_MS })];
  clock.advance(3 * MINUTE_MS);
  await ending.look();
  expect(await told(store)).toEqual([`g-2 ${short}`, `g-2 ${short + 5 * MINUTE_MS}`]);
});

test("what was told before a restart is not told again", async () => {
  const clock = new TestClock();
  const startMs = clock.wallMs();
  const closesMs = startMs + 10 * MINUTE_MS;
  const folder = temporaryFolder();
  const grants = () => [grant(startMs - 60 * MINUTE_MS, { closesMs })];
  const first = await open(clock, grants, folder);
  await first.ending.look();
  first.ending.close();
  await first.store.close();
  const { store, ending } = await open(clock, grants, folder);
  await ending.look();
  expect(await told(store)).toEqual([`g-1 ${closesMs}`]);
});
