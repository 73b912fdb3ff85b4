/** Alarms by site, on every database. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  dialDatabase,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../../test/kit/postgres.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { type Alarm, keepAlarm, listOpenAlarms, listPastAlarms, placeAlarms } from "./alarms.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { openStore, type Store } from "./store.ts";

let server: TestPostgres | undefined;
const hasPostgres = noPostgres() === undefined;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

if (!hasPostgres) testWithPostgres()("alarms on PostgreSQL", () => {});

async function onPostgres(): Promise<Store> {
  if (!server) throw new Error("there is no server");
  const place = await server.database();
  return openPostgresStore({ place, dial: dialDatabase, clock: systemClock });
}

const DIALECTS = [
  { name: "SQLite", open: () => openStore({ path: `${temporaryFolder()}/store.db` }) },
  ...(hasPostgres ? [{ name: "PostgreSQL", open: onPostgres }] : []),
];

function alarm(id: string, more: Partial<Alarm>): Alarm {
  return {
    ...{ id, kind: "session-fault", source: id, text: "it fell over", subject: null },
    ...{ session: null, asset: null, site: null, sinceMs: 1, lastMs: 1, count: 1 },
    ...{ returnedMs: null, acknowledged: null, shelved: null, endedMs: null, ...more },
  };
}

describe.each(DIALECTS)("on $name", ({ open }) => {
  async function opened(...alarms: readonly Alarm[]): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    for (const each of alarms) await keepAlarm(store.queries, each);
    return store;
  }

  test("those that are over are of the sites that are asked for, and none is of no site", async () => {
    const { queries } = await opened(
      alarm("1", { site: "east", endedMs: 2 }),
      alarm("2", { site: "west", endedMs: 2 }),
      alarm("3", { site: "", endedMs: 2 }),
      alarm("4", { site: null, endedMs: 2 }),
    );
    const past = async (sites?: readonly string[]) => {
      const all = await listPastAlarms(queries, { limit: 10, ...(sites && { sites }) });
      return all.map(({ id }) => id);
    };
    expect(await past()).toEqual(["4", "3", "2", "1"]);
    expect(await past(["east", ""])).toEqual(["3", "1"]);
    expect(await past([])).toEqual([]);
  });

  test("each is where its asset is, or the asset of its session", async () => {
    const { queries, log } = await opened(
      alarm("1", { asset: "plc" }),
      alarm("2", { session: "s1" }),
      alarm("3", { session: "s2" }),
    );
    await log.record({
      ...{ kind: "session:opened", priority: "event", text: "Eva opened one", session: "s1" },
      about: { asset: "hmi" },
    });
    for (const site of ["east", "west"]) {
      await placeAlarms(queries, (asset) => `${asset} ${site}`);
      const places = (await listOpenAlarms(queries)).map(({ id, site: at }) => [id, at]);
      expect(new Map(places as [string, string][])).toEqual(
        new Map([
          ["1", `plc ${site}`],
          ["2", `hmi ${site}`],
          ["3", null],
        ]),
      );
    }
  });
});
