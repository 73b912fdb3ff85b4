/** What a waiting broker leaves at the database, by which the active one and `doctor` see it. */
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import {
  databaseUrl,
  dialDatabase,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../../test/kit/postgres.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { standby } from "../cli/doctor-standby.ts";
import { readConfig } from "../config.ts";
import { openSiteStore, placeOf } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { newId } from "../store/ids.ts";
import { PostgresLink } from "../store/postgres-link.ts";
import type { PostgresPlace } from "../store/postgres-place.ts";
import { standbyName, waitingBrokers, waitingIn } from "../store/postgres-standby.ts";
import { Presence } from "./presence.ts";

const testHere = testWithPostgres();
const WITHIN = { timeout: 60_000 };

let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

function configOf(place: PostgresPlace) {
  const folder = prepareDataFolder(path.join(temporaryFolder(), "data"));
  return readConfig({
    ...{ SALLYPORT_STANDBY: "1", SALLYPORT_PORT: "9443", SALLYPORT_DATA: folder },
    SALLYPORT_DATABASE: databaseUrl(place),
  });
}

function waits(config: ReturnType<typeof configOf>, name: string): Presence {
  const presence = new Presence(config, { name, answerWithinMs: 2_000 });
  onTestFinished(() => presence.close());
  return presence;
}

testHere("the active broker sees who waits, for as long as that waits", async () => {
  const config = configOf(await server.database());
  expect(await standby(config)).toMatchObject({ state: "attention", text: "no broker is active" });
  const store = await openSiteStore(config);
  onTestFinished(() => store.close());
  const names = async () =>
    (await waitingBrokers(store.queries)).map(({ name }) => name).toSorted();
  expect(await names()).toEqual([]);
  expect((await standby(config)).state).toBe("attention");
  const long = `${"dmz-".repeat(20)}'; drop table people`;
  const first = waits(config, "broker-b");
  const second = waits(config, long);
  await expect.poll(names, WITHIN).toEqual(["broker-b", long.slice(0, 40)]);
  expect((await standby(config)).text).toContain("broker-b");
  expect([first.trouble, second.trouble]).toEqual([undefined, undefined]);
  await Promise.all([first.close(), second.close()]);
  await expect.poll(names, WITHIN).toEqual([]);
  expect(await standby(config)).toMatchObject({
    state: "attention",
    text: "one is active, and none waits to take over: start the other",
  });
});

testHere(
  "one that could not take over knows why, and is not taken for one that waits",
  async () => {
    const place = await server.database();
    const store = await openSiteStore(configOf(place));
    onTestFinished(() => store.close());
    const stranger = waits(configOf(place), "stranger");
    await expect.poll(() => stranger.trouble, WITHIN).toMatch(/belongs to another data folder/);
    const lost = waits(configOf({ ...place, database: "nowhere" }), "lost");
    await expect.poll(() => lost.trouble, WITHIN).toMatch(/"nowhere" does not exist/);
    await expect.poll(() => waitingBrokers(store.queries), WITHIN).toEqual([]);
  },
);

testHere("a database that stands still is said, and forgotten once it goes on", async () => {
  const presence = waits(configOf(await server.database()), "broker-b");
  const connected = async () =>
    (await server.ask("select 1 from pg_stat_activity where application_name like '%broker-b'"))
      .length;
  await expect.poll(connected, WITHIN).toBe(1);
  server.pause();
  try {
    await expect.poll(() => presence.trouble, WITHIN).toMatch(/cannot be used/);
  } finally {
    server.resume();
  }
  await expect.poll(() => presence.trouble, WITHIN).toBeUndefined();
});

testHere("one that was stopped keeps its connection, and is heard to say nothing", async () => {
  const config = configOf(await server.database());
  const store = await openSiteStore(config);
  onTestFinished(() => store.close());
  if (!config.database) throw new Error("it is on a server");
  const options = { place: placeOf(config, config.database), dial: dialDatabase, reads: true };
  const link = await PostgresLink.open(options, newId());
  onTestFinished(() => link.close());
  await link.query(standbyName("stopped"));
  const silentMs = async () => (await waitingBrokers(store.queries))[0]?.silentMs ?? 0;
  await expect.poll(silentMs, WITHIN).toBeGreaterThan(1_000);
  const heard = async () => {
    await link.query({ sql: "select 1", parameters: [] });
    return silentMs();
  };
  await expect.poll(heard, WITHIN).toBeLessThan(1_000);
  const [still] = waitingIn([{ name: "stopped", silent: 20_001 }]);
  expect(still).toBeUndefined();
});
