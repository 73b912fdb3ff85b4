/** What becomes of what was asked when the way to the server is cut, at each step of a change. */
import { connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import {
  dialDatabase,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../../test/kit/postgres.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { type Clock, systemClock } from "../clock.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import type { PostgresPlace } from "./postgres-place.ts";
import { openPostgresStore, openPostgresStoreOn } from "./postgres-store.ts";
import { readSetting, writeSetting } from "./settings.ts";
import type { Store } from "./store.ts";
import { StoreAway, StoreFailed, StoreInUse, StoreRefused } from "./store-failed.ts";

const testHere = testWithPostgres();
const WITHIN = { timeout: 30_000 };
let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

interface Opened {
  readonly store: Store;
  readonly engine: PostgresEngine;
  readonly place: PostgresPlace;
}

async function opened(place: PostgresPlace, clock: Clock = systemClock): Promise<Opened> {
  const engine = await PostgresEngine.open({ place, dial: dialDatabase, clock });
  onTestFinished(() => engine.close());
  return { store: await openPostgresStoreOn(engine, clock), engine, place };
}

const isBack = (store: Store) => expect.poll(() => store.trouble, WITHIN).toBeUndefined();

/** Names of the settings that a test wrote, as the server has them. */
async function kept({ database }: PostgresPlace): Promise<readonly string[]> {
  const sql = "select name from settings where name not like 'store-%' order by name";
  return (await server.ask(sql, database)).map(({ name }) => String(name));
}

testHere("when the way is cut all that waits is refused at once, and it comes back", async () => {
  const { store, engine } = await opened(await server.database());
  const told: (string | undefined)[] = [];
  store.onAway((away) => told.push(away?.name));
  const transaction = await engine.begin();
  const waiting = [writeSetting(store.queries, "a", "1"), store.log.list(), engine.begin()];
  const settled = Promise.allSettled(waiting);
  engine.cut();
  expect(store.trouble).toBeInstanceOf(StoreAway);
  await expect(writeSetting(store.queries, "b", "1")).rejects.toThrow(/cannot be used/);
  await expect(transaction.commit()).rejects.toThrow(StoreAway);
  for (const result of await settled) {
    expect(result).toMatchObject({ status: "rejected", reason: { name: "StoreAway" } });
  }
  await isBack(store);
  expect(told).toEqual(["StoreAway", undefined]);
  await writeSetting(store.queries, "c", "1");
  expect(await readSetting(store.queries, "c")).toBe("1");
  expect(await readSetting(store.queries, "a")).toBeUndefined();
});

testHere(
  "a server that crashes and starts again is used again, with all it acknowledged",
  async () => {
    const { store, place } = await opened(await server.database());
    await writeSetting(store.queries, "before", "1");
    await server.kill();
    await expect.poll(() => store.trouble, WITHIN).toBeInstanceOf(StoreAway);
    await expect(writeSetting(store.queries, "meanwhile", "1")).rejects.toThrow(StoreAway);
    await server.start();
    await isBack(store);
    await writeSetting(store.queries, "after", "1");
    expect(await kept(place)).toEqual(["after", "before"]);
  },
);

/** Stands between the store and the server, and cuts the first connection at a commit. */
async function cuttingAt(
  place: PostgresPlace,
  how: "before" | "after",
): Promise<{ place: PostgresPlace; armed: { now: boolean }; mayReturn: { now: boolean } }> {
  const folder = temporaryFolder();
  const armed = { now: false };
  const mayReturn = { now: true };
  const between: Server = createServer((client) => {
    if (!mayReturn.now) {
      client.destroy();
      return;
    }
    const asset = connect(`${place.host}/.s.PGSQL.${place.port}`);
    for (const [from, to] of [
      [client, asset],
      [asset, client],
    ] as readonly (readonly [Socket, Socket])[]) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
    let isCommitting = false;
    client.on("data", (bytes: Buffer) => {
      const isCommit = armed.now && bytes.includes("commit");
      isCommitting ||= isCommit;
      if (isCommit && how === "before") client.destroy();
      else asset.write(bytes);
    });
    // What the server says of the commit never arrives.
    asset.on("data", (bytes: Buffer) => (isCommitting ? client.destroy() : client.write(bytes)));
  });
  await new Promise<void>((resolve) => {
    between.listen(path.join(folder, `.s.PGSQL.${place.port}`), resolve);
  });
  onTestFinished(() => {
    between.close();
  });
  return { place: { ...place, host: folder }, armed, mayReturn };
}

const write = {
  statement: (store: Store) => writeSetting(store.queries, "x", "1"),
  transaction: (store: Store) => store.transaction((queries) => writeSetting(queries, "x", "1")),
} as const;

for (const kind of ["statement", "transaction"] as const) {
  testHere(`a ${kind} whose commit was done hears so, although the answer was lost`, async () => {
    const real = await server.database();
    const { place, armed } = await cuttingAt(real, "after");
    const { store } = await opened(place);
    armed.now = true;
    const written = write[kind](store);
    await expect.poll(() => store.trouble, WITHIN).toBeInstanceOf(StoreAway);
    armed.now = false;
    await written;
    expect(await kept(real)).toEqual(["x"]);
    expect(store.trouble).toBeUndefined();
  });

  testHere(`a ${kind} whose commit never arrived hears that it was rolled back`, async () => {
    const real = await server.database();
    const { place, armed } = await cuttingAt(real, "before");
    const { store } = await opened(place);
    armed.now = true;
    const refused = expect(write[kind](store)).rejects.toThrow(/rolled back/);
    await expect.poll(() => store.trouble, WITHIN).toBeInstanceOf(StoreAway);
    armed.now = false;
    await refused;
    expect(await kept(real)).toEqual([]);
    await isBack(store);
  });
}

testHere(
  "what was kept although its caller was told otherwise ends the store for good",
  async () => {
    const real = await server.database();
    const { place, armed, mayReturn } = await cuttingAt(real, "after");
    const clock = new TestClock();
    const { store } = await opened(place, clock);
    const failures: StoreFailed[] = [];
    store.onFailure((error) => failures.push(error));
    armed.now = true;
    mayReturn.now = false;
    const written = writeSetting(store.queries, "x", "1");
    const refused = expect(written).rejects.toThrow(/not known/);
    await expect.poll(() => store.trouble, WITHIN).toBeInstanceOf(StoreAway);
    await expect.poll(() => kept(real), WITHIN).toEqual(["x"]);
    clock.advance(60_000);
    await refused;
    [armed.now, mayReturn.now] = [false, true];
    await expect
      .poll(() => failures.map(({ message }) => message), WITHIN)
      .toEqual([expect.stringMatching(/although whoever asked for it heard that it was not/)]);
    await expect(store.log.list()).rejects.toThrow(StoreFailed);
  },
);

testHere(
  "of two on one database the second is refused, and works once the first has ended",
  async () => {
    const { store, place } = await opened(await server.database());
    const second = () => openPostgresStore({ place, dial: dialDatabase, clock: systemClock });
    await expect(second()).rejects.toThrow(StoreInUse);
    await writeSetting(store.queries, "still", "mine");
    await store.close();
    const again = await second();
    expect(await readSetting(again.queries, "still")).toBe("mine");
    await again.close();
  },
);

testHere("one whose place was taken while it was cut off never writes again", async () => {
  const real = await server.database();
  const { place, mayReturn } = await cuttingAt(real, "after");
  const { store, engine } = await opened(place);
  const failures: StoreFailed[] = [];
  store.onFailure((error) => failures.push(error));
  mayReturn.now = false;
  engine.cut();
  const other = await opened(real);
  await writeSetting(other.store.queries, "theirs", "1");
  mayReturn.now = true;
  // While the other one is there it waits; once that has gone, it knows that it was there.
  await other.store.close();
  await expect.poll(() => failures.length, WITHIN).toBe(1);
  expect(failures[0]?.message).toMatch(/another process has used the database/);
  await expect(writeSetting(store.queries, "mine", "1")).rejects.toThrow(StoreFailed);
  expect(await kept(real)).toEqual(["theirs"]);
});

testHere("a transaction of which a statement failed is never taken for committed", async () => {
  const { store, engine, place } = await opened(await server.database());
  const transaction = await engine.begin();
  const insert = { sql: "insert into settings values ('x', '1')", parameters: [] };
  await transaction.run(insert);
  await expect(transaction.run(insert)).rejects.toThrow(/duplicate/);
  await expect(transaction.commit()).rejects.toThrow(/rolled back/);
  expect(await kept(place)).toEqual([]);
  await writeSetting(store.queries, "y", "a\0b");
  expect(await readSetting(store.queries, "y")).toBe("a\ufffdb");
});

testHere(
  "a database that is somebody else's, or not made for this, is refused and left alone",
  async () => {
    const open = (place: PostgresPlace) =>
      openPostgresStore({ place, dial: dialDatabase, clock: systemClock });
    const others = await server.database();
    await server.ask("create table orders (id integer)", others.database);
    await expect(open(others)).rejects.toThrow(/somebody else's/);
    expect(
      await server.ask(
        "select tablename from pg_tables where schemaname = 'public'",
        others.database,
      ),
    ).toHaveLength(1);
    const latin = { ...others, database: "latin" };
    await server.ask("create database latin template template0 encoding LATIN1 locale 'C'");
    await expect(open(latin)).rejects.toThrow(StoreRefused);
    await expect(open({ ...others, database: "nowhere" })).rejects.toThrow(
      /"nowhere" does not exist/,
    );
    await expect(open({ ...others, host: temporaryFolder() })).rejects.toThrow(/ENOENT/);
  },
);

testHere("a server that stands still is out of reach after a while, and used again", async () => {
  const place = await server.database();
  const options = { place, dial: dialDatabase, clock: systemClock, answerWithinMs: 2_000 };
  const engine = await PostgresEngine.open(options);
  onTestFinished(() => engine.close());
  const store = await openPostgresStoreOn(engine, systemClock);
  server.pause();
  try {
    await expect(writeSetting(store.queries, "x", "1")).rejects.toThrow(/does not answer/);
    await expect(store.log.list()).rejects.toThrow(StoreAway);
  } finally {
    server.resume();
  }
  await isBack(store);
  await writeSetting(store.queries, "y", "1");
  expect(await kept(place)).toEqual(["y"]);
});
