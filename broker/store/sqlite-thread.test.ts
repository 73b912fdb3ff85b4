import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { systemClock } from "../clock.ts";
import { SqliteThread, TRANSACTION_MAX_MS } from "./sqlite-thread.ts";
import { openStore, openStoreOn } from "./store.ts";
import { StoreFailed, StoreInUse } from "./store-failed.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-thread-"));
  path = join(folder, "store.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

const select = { sql: "select 1 as one", parameters: [] };

test("when the thread dies every waiting and every later call rejects", async () => {
  const thread = await SqliteThread.open(path, systemClock);
  const failures: StoreFailed[] = [];
  for (let n = 0; n < 2; n += 1) thread.onFailure((error) => failures.push(error));
  const transaction = await thread.begin();
  const waiting = [thread.run(select), thread.run(select), thread.begin(), transaction.run(select)];
  const settled = Promise.allSettled(waiting);
  await thread.crash();
  const after = [thread.run(select), thread.begin(), transaction.run(select), transaction.commit()];
  for (const result of [...(await settled), ...(await Promise.allSettled(after))]) {
    if (result.status === "fulfilled") continue;
    expect(result.reason).toBeInstanceOf(StoreFailed);
  }
  expect((await settled).slice(0, 3).every(({ status }) => status === "rejected")).toBe(true);
  expect(failures).toHaveLength(2);
  await thread.close();
});

test("a store whose thread died says so once and can be opened anew with its data", async () => {
  const clock = new TestClock();
  const thread = await SqliteThread.open(path, clock);
  const store = await openStoreOn(thread, clock);
  await store.log.record({ kind: "test", priority: "event", text: "kept" });
  const failed = new Promise((resolve) => store.onFailure(resolve));
  await thread.crash();
  expect(await failed).toBeInstanceOf(StoreFailed);
  await expect(store.log.list()).rejects.toThrow(StoreFailed);
  const again = await openStore({ path, clock });
  expect((await again.log.list()).map((event) => event.text)).toEqual(["kept"]);
  await again.close();
});

test("a transaction that never ends is rolled back and the others go on", async () => {
  const clock = new TestClock();
  const thread = await SqliteThread.open(path, clock);
  await thread.run({ sql: "create table t (n integer)", parameters: [] });
  const stuck = await thread.begin();
  await stuck.run({ sql: "insert into t values (1)", parameters: [] });
  const waiting = thread.run({ sql: "select count(*) as n from t", parameters: [] });
  clock.advance(TRANSACTION_MAX_MS);
  expect((await waiting).rows).toEqual([{ n: 0 }]);
  await expect(stuck.run(select)).rejects.toThrow(/over/);
  await expect(stuck.commit()).rejects.toThrow(/too long/);
  await thread.close();
});

test("closing waits for what was asked before, and refuses what is asked after", async () => {
  const thread = await SqliteThread.open(path, systemClock);
  const asked = thread.run(select);
  const closed = thread.close();
  await expect(asked).resolves.toMatchObject({ rows: [{ one: 1 }] });
  await closed;
  await expect(thread.run(select)).rejects.toThrow(/closed/);
  await thread.close();
});

test("another process is refused while this one has the file, and not after", async () => {
  const thread = await SqliteThread.open(path, systemClock);
  const module = new URL("./store.ts", import.meta.url).href;
  const program = `import { openStore } from ${JSON.stringify(module)};
    try { const store = await openStore({ path: ${JSON.stringify(path)} }); await store.close(); console.log("opened"); }
    catch (error) { console.log(error.name, error.message); }`;
  const run = () =>
    spawnSync(process.execPath, ["--input-type=module-typescript", "-e", program], {
      encoding: "utf8",
    }).stdout.trim();
  expect(run()).toMatch(/^StoreInUse /);
  await thread.close();
  expect(run()).toBe("opened");
});

test("what was acknowledged is there after kill -9", async () => {
  const store = await openStore({ path });
  await store.close();
  const modules = ["./store.ts", "./settings.ts"].map(
    (name) => new URL(name, import.meta.url).href,
  );
  const program = `import { writeSync } from "node:fs";
    const [{ openStore }, { writeSetting }] = await Promise.all(${JSON.stringify(modules)}.map((name) => import(name)));
    const store = await openStore({ path: ${JSON.stringify(path)} });
    for (let n = 0; ; n++) {
      const names = [1, 2, 3, 4].map((part) => process.pid + "/" + n + "/" + part);
      await Promise.all(names.map((name) => writeSetting(store.queries, name, "kept")));
      writeSync(1, names.join("\\n") + "\\n");
    }`;
  for (const lifeMs of [50, 130, 210]) {
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program]);
    const written: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => written.push(chunk));
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    child.kill("SIGKILL");
    await once(child, "close");
    const acknowledged = Buffer.concat(written).toString().split("\n").slice(0, -1);
    const again = await openStore({ path });
    const rows = await again.queries.selectFrom("settings").select("name").execute();
    const kept = new Set(rows.map(({ name }) => name));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
    await again.close();
  }
});

test("a file that is no database, and a folder that is not there, are refused in words", async () => {
  writeFileSync(path, "this is not a database, it is a letter".repeat(100));
  await expect(SqliteThread.open(path, systemClock)).rejects.toThrow(/cannot open the database/);
  await expect(SqliteThread.open(join(folder, "no", "x.db"), systemClock)).rejects.toThrow(
    StoreFailed,
  );
});

test("a database of a newer Sallyport is refused", async () => {
  const store = await openStore({ path });
  await store.close();
  const thread = await SqliteThread.open(path, systemClock);
  await thread.run({
    sql: "insert into schema_version (version, name, applied_ms) values (99, 'later', 0)",
    parameters: [],
  });
  await thread.close();
  await expect(openStore({ path })).rejects.toThrow(/schema version 99/);
  // The refused opening let go of the file.
  await (await SqliteThread.open(path, systemClock)).close();
});

test("a second thread in this process is refused too", async () => {
  const thread = await SqliteThread.open(path, systemClock);
  await expect(SqliteThread.open(path, systemClock)).rejects.toThrow(StoreInUse);
  await thread.close();
});
