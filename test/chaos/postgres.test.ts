/** A whole broker whose state is on a PostgreSQL server: what holds, and what the loss of it means. */
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { checkDatabase, copyDatabase } from "../../broker/backup/database-copy.ts";
import { systemClock } from "../../broker/clock.ts";
import { readConfig } from "../../broker/config.ts";
import { openSiteStore } from "../../broker/site-store.ts";
import { startBroker } from "../../broker/start.ts";
import { listPeople } from "../../broker/store/people.ts";
import { openPostgresStore } from "../../broker/store/postgres-store.ts";
import { openStore, type Store } from "../../broker/store/store.ts";
import { StoreInUse } from "../../broker/store/store-failed.ts";
import { moveToPostgres } from "../../broker/store-move.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
import { runProgram, startChild } from "../kit/child.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import {
  databaseUrl,
  dialDatabase,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../kit/postgres.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { WorkedSession } from "../kit/worked-session.ts";

const testHere = testWithPostgres();
const WITHIN = { timeout: 60_000 };
const SLOW = { timeout: 180_000 };
const read = (unit: number) => readPoints(unit, "input-registers", 0, 1);
const MAIN = new URL("../../broker/main.ts", import.meta.url).pathname;

let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

async function running(): Promise<RunningBroker & { readonly url: string; readonly name: string }> {
  const place = await server.database();
  const url = databaseUrl(place);
  const broker = await startRunningBroker({ SALLYPORT_DATABASE: url });
  onTestFinished(() => broker.close());
  return { ...broker, url, name: place.database };
}

/** The same site's next start. */
function again({ folder }: RunningBroker, database: Readonly<Record<string, string>>) {
  const doors = ["SSH", "OPCUA", "PANEL"].map((door) => [`SALLYPORT_${door}_PORT`, "off"]);
  return startBroker(
    readConfig({
      ...Object.fromEntries(doors),
      SALLYPORT_PORT: "0",
      SALLYPORT_DATA: path.join(folder, "data"),
      SALLYPORT_PLANT: path.join(folder, "plant.yaml"),
      SALLYPORT_CONSOLE: path.join(folder, "console"),
      ...database,
    }),
  );
}

async function approve(user: ConsoleUser, id: string) {
  const address = `/api/requests/${id}/decision`;
  const decided = { decision: "approve", reason: "" };
  const begun = await user.ask<{ text: string; options: never }>(
    ...(["POST", `${address}/options`, decided] as const),
  );
  const { text, options } = begun.body;
  return user.ask("POST", address, { text, response: user.authenticator.assert(options) });
}

const storeOf = async (user: ConsoleUser) =>
  (await user.ask<HealthView>("GET", "/api/health")).body.parts.find(
    ({ name }) => name === "store",
  );

const countOf = async (name: string, of: string) =>
  Number((await server.ask(`select count(*)::integer as n from ${of}`, name))[0]?.n);

testHere(
  "people, a request and its approval, a session: all of it is on the server, of this site alone",
  async () => {
    const site = await running();
    const ann = await site.invite("Ann", ["engineer"]);
    const sue = await site.invite("Sue", ["supervisor"]);
    const asked = await ann.ask("POST", "/api/requests", {
      ...{ endpoints: ["plc-distribution/modbus"], profile: "read-only", durationMs: 3_600_000 },
      reason: "the pressure swings",
    });
    expect((await approve(sue, asked.body.id)).status).toBe(200);
    const session = await WorkedSession.open(ann, "plc-distribution/modbus");
    expect(await session.ask(read(2))).toMatchObject({ kind: "answer" });
    await session.end();
    expect(await countOf(site.name, "people")).toBe(3);
    expect(await countOf(site.name, "request_decisions where decision = 'approve'")).toBe(1);
    expect(existsSync(path.join(site.folder, "data/sallyport.db"))).toBe(false);

    const database = { SALLYPORT_DATABASE: site.url };
    const stranger = { ...database, SALLYPORT_DATA: path.join(temporaryFolder(), "data") };
    await expect(again(site, stranger)).rejects.toThrow(/another broker uses the database/);
    await site.broker.close();
    await expect(again(site, stranger)).rejects.toThrow(/belongs to another data folder/);
    await expect(again(site, {})).rejects.toThrow(/is kept in PostgreSQL: set SALLYPORT_DATABASE/);
    const empty = { SALLYPORT_DATABASE: databaseUrl(await server.database()) };
    await expect(again(site, empty)).rejects.toThrow(/nothing of this site is in it/);
    const next = await again(site, database);
    expect(next.enrolmentLink).toBeUndefined();
    await next.close();
  },
  SLOW.timeout,
);

testHere(
  "with the server gone nothing new is given, cuts work, and all that happened is kept afterwards",
  async () => {
    const site = await running();
    const ann = await site.invite("Ann", ["engineer"]);
    const sue = await site.invite("Sue", ["supervisor"]);
    const session = await WorkedSession.open(ann);
    await server.kill();
    onTestFinished(() => server.start());
    await expect.poll(async () => (await storeOf(site.first))?.state, WITHIN).toBe("failed");
    const alarms = await sue.ask<AlarmView[]>("GET", "/api/alarms");
    expect(alarms.body).toContainEqual(expect.objectContaining({ kind: "store-failed" }));
    expect(await session.ask(read(1))).toMatchObject({ kind: "answer" });

    const refused = { status: 503, body: { code: "store-away" } };
    const endpoint = { endpoint: "plc-distribution/modbus" };
    expect(await ann.ask("POST", "/api/sessions", endpoint)).toMatchObject(refused);
    const wanted = { endpoints: [endpoint.endpoint], profile: "read-only", durationMs: 3_600_000 };
    const request = { ...wanted, reason: "while it is away" };
    expect(await ann.ask("POST", "/api/requests", request)).toMatchObject(refused);

    const lock = { kind: "asset", target: "plc-treatment", reason: "flooded pit" };
    expect((await sue.ask("POST", "/api/locks", lock)).status).toBe(201);
    const live = async () => (await sue.ask<{ id: string }[]>("GET", "/api/sessions")).body;
    await expect.poll(async () => (await live()).length, WITHIN).toBe(0);

    await server.start();
    await expect.poll(async () => (await storeOf(site.first))?.state, WITHIN).toBe("ok");
    const kept = async () =>
      (await site.first.ask<SiteEventView[]>("GET", "/api/events")).body.map(({ kind }) => kind);
    await expect
      .poll(kept, WITHIN)
      .toEqual(expect.arrayContaining(["store:back", "session:ended", "lock:set"]));
    await expect.poll(() => countOf(site.name, "locks where lifted_ms is null"), WITHIN).toBe(1);
    const open = async () => (await sue.ask<AlarmView[]>("GET", "/api/alarms")).body;
    const holds = async () =>
      (await open()).some(({ kind, returnedMs }) => kind === "store-failed" && returnedMs === null);
    await expect.poll(holds, WITHIN).toBe(false);
    const after = await WorkedSession.open(ann, "plc-distribution/modbus");
    expect(await after.ask(read(2))).toMatchObject({ kind: "answer" });
    await after.end();
  },
  SLOW.timeout,
);

testHere(
  "what was acknowledged is there after kill -9 of who wrote it",
  async () => {
    const place = await server.database();
    const modules = ["../../broker/store/postgres-store.ts", "../../broker/store/settings.ts"];
    const urls = [...modules, "../../broker/legs/database-socket.ts", "../../broker/clock.ts"].map(
      (name) => new URL(name, import.meta.url).href,
    );
    const program = `
    const [{ openPostgresStore }, { writeSetting }, { databaseSocket }, { systemClock }] =
      await Promise.all(${JSON.stringify(urls)}.map((name) => import(name)));
    const place = ${JSON.stringify(place)};
    const dial = (to) => databaseSocket({ plant: () => [] }, to);
    const store = await openPostgresStore({ place, dial, clock: systemClock });
    for (let n = 0; ; n++) {
      await writeSetting(store.queries, process.pid + "/" + n, "kept");
      process.stdout.write(process.pid + "/" + n + "\\n");
    }`;
    for (let life = 0; life < 3; life += 1) {
      const child = await startChild(
        process.execPath,
        ["--input-type=module-typescript", "-e", program],
        { ready: /\/5\n/ },
      );
      await child.stop("SIGKILL");
      const acknowledged = child.output.split("\n").slice(0, -1);
      const rows = await server.ask("select name from settings", place.database);
      const kept = new Set(rows.map(({ name }) => name));
      expect(acknowledged.length).toBeGreaterThan(5);
      expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
    }
  },
  SLOW.timeout,
);

testHere(
  "a broker that cannot reach its database says so in one line and ends",
  async () => {
    const folder = temporaryFolder();
    const env = {
      SALLYPORT_DATA: path.join(folder, "data"),
      SALLYPORT_DATABASE: `postgres://sallyport@/site?host=${folder}`,
    };
    const { code, stderr } = await runProgram(process.execPath, [MAIN], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^sallyport: the database site at \S+ cannot be used: connect ENOENT .*\n$/,
    );
  },
  SLOW.timeout,
);

testHere(
  "a site moves into PostgreSQL with all of its state, and a backup of it holds that state",
  async () => {
    const site = await startRunningBroker();
    onTestFinished(() => site.close());
    await site.invite("Ann", ["engineer"]);
    const data = path.join(site.folder, "data");
    const place = await server.database();
    const database = { SALLYPORT_DATABASE: databaseUrl(place) };
    const config = readConfig({ SALLYPORT_DATA: data, ...database });
    await expect(moveToPostgres(config, systemClock)).rejects.toThrow(StoreInUse);
    await site.broker.close();
    await expect(again(site, database)).rejects.toThrow(/move it with `sallyport store move`/);
    const before = await stateOf(await openStore({ path: path.join(data, "sallyport.db") }));

    const copied = await moveToPostgres(config, systemClock);
    expect(copied).toContainEqual({ table: "people", rows: 2 });
    expect(await countOf(place.database, "people")).toBe(2);
    await expect(moveToPostgres(config, systemClock)).rejects.toThrow(
      /has its state there already/,
    );
    await expect(again(site, {})).rejects.toThrow(/set SALLYPORT_DATABASE/);
    const moved = await stateOf(await openSiteStore(config));
    expect(moved.people).toEqual(before.people);
    expect(moved.events.slice(1)).toEqual(before.events);
    expect(moved.events[0]).toMatch(/^store:moved /);

    const next = await again(site, database);
    const copy = path.join(temporaryFolder(), "copy.db");
    expect(await copyDatabase(config, copy, systemClock)).toEqual({ isRunning: true });
    await next.close();
    checkDatabase(copy);
    const restored = await stateOf(await openStore({ path: copy }));
    expect(restored.people).toEqual(before.people);
    expect(restored.events.slice(-before.events.length)).toEqual(before.events);
  },
  SLOW.timeout,
);

/** And closes it. */
async function stateOf(store: Store) {
  const people = await listPeople(store.queries);
  const events = (await store.log.list()).map(({ kind, id, text }) => `${kind} ${id} ${text}`);
  await store.close();
  return { people, events };
}

testHere(
  "where what arrives differs nothing is switched, and a database in use is no target",
  async () => {
    const folder = temporaryFolder();
    const config = readConfig({
      SALLYPORT_DATA: path.join(folder, "data"),
      SALLYPORT_DATABASE: databaseUrl(await server.database()),
    });
    mkdirSync(config.dataFolder, { mode: 0o700 });
    const file = path.join(config.dataFolder, "sallyport.db");
    const store = await openStore({ path: file });
    await store.log.record({ kind: "test", priority: "event", text: "kept" });
    await store.close();
    const { database } = config.database ?? {};
    const other = await openPostgresStore({
      place: { ...(await server.database()), ...config.database, password: undefined },
      ...{ dial: dialDatabase, clock: systemClock },
    });
    await other.log.record({ kind: "test", priority: "event", text: "somebody else's" });
    await other.close();
    await expect(moveToPostgres(config, systemClock)).rejects.toThrow(/is not empty/);
    await server.ask("delete from integration_feed; delete from site_events", database);
    await server.ask(
      "create function lose() returns trigger language plpgsql as 'begin return null; end'; " +
        "create trigger lose before insert on site_events for each row execute function lose()",
      database,
    );
    await expect(moveToPostgres(config, systemClock)).rejects.toThrow(
      /site_events is not what was sent|foreign key/,
    );
    expect(existsSync(file)).toBe(true);
    const kept = await stateOf(await openStore({ path: file }));
    expect(kept.events).toHaveLength(1);
  },
  SLOW.timeout,
);
