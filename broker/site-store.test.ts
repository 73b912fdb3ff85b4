import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuthority } from "../test/kit/certificates.ts";
import {
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../test/kit/postgres.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../test/kit/temporary.ts";
import { type ConfigInvalid, readConfig } from "./config.ts";
import { lookAtDatabase, openSiteStore } from "./site-store.ts";
import { StoreAway, StoreRefused } from "./store/store-failed.ts";

const testHere = testWithPostgres();
const PASSWORD = "correct horse, battery: staple/";

const folder = makeFolder();
const [authority, other] = [makeAuthority(folder), makeAuthority(folder, "other")];
let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() !== undefined) return;
  server = await startPostgres({ tls: authority.issue("database", "IP:127.0.0.1,DNS:localhost") });
  await server.ask(`create role broker login password '${PASSWORD}'`);
}, 120_000);
afterAll(async () => {
  await server?.stop();
  removeFolder(folder);
});

test("what is no database is refused, and its password is not shown", () => {
  for (const text of [
    "mysql://broker:hidden@db/site",
    "postgres://db/site",
    "postgres://broker:hidden@db",
    "postgres://broker:hidden@db/site/more",
    "postgres://broker:hidden@db/site?sslmode=disable",
    "postgres://broker:hidden@/site",
    "postgres://broker:hidden@/site?host=relative",
    "hidden",
  ]) {
    let problems = "";
    try {
      readConfig({ SALLYPORT_DATABASE: text });
    } catch (error) {
      problems = (error as ConfigInvalid).problems.join();
    }
    expect(problems).toMatch(/^SALLYPORT_DATABASE must be postgres:\/\/USER/);
    expect(problems).not.toContain("hidden");
  }
  const read = (text: string) => readConfig({ SALLYPORT_DATABASE: text }).database;
  expect(read("postgresql://ada:p%40ss@[fd00::5]:5433/plant")).toEqual({
    ...{ host: "fd00::5", port: 5433, user: "ada", password: "p@ss", database: "plant" },
  });
  expect(read("postgres://ada@/plant?host=/run/postgresql")).toEqual({
    ...{ host: "/run/postgresql", port: 5432, user: "ada", password: "", database: "plant" },
  });
  expect(readConfig({}).database).toBeUndefined();
});

/** Of a new site, with a database of its own that the broker's role may use. */
async function site(more: Readonly<Record<string, string>> = {}, host = "127.0.0.1") {
  const { database } = await server.database();
  await server.ask(`alter database ${database} owner to broker`);
  const own = temporaryFolder();
  const passwordFile = path.join(own, "password");
  writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  const dataFolder = path.join(own, "data");
  mkdirSync(dataFolder, { mode: 0o700 });
  const config = readConfig({
    SALLYPORT_DATA: dataFolder,
    SALLYPORT_DATABASE: `postgres://broker@${host}:${server.port}/${database}`,
    SALLYPORT_DATABASE_PASSWORD_FILE: passwordFile,
    SALLYPORT_DATABASE_CA: authority.caFile,
    ...more,
  });
  return { config, passwordFile };
}

testHere(
  "over TLS to a server whose certificate is proved, with a password from a file",
  async () => {
    const { config } = await site();
    const store = await openSiteStore(config);
    const isSecure = sql<{
      ssl: boolean;
    }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    const { rows } = await isSecure.execute(store.queries);
    expect(rows).toEqual([{ ssl: true }]);
    await store.close();
    const address = config.database;
    const found = address && (await lookAtDatabase(config, address));
    expect(found).toMatchObject({
      text: expect.stringMatching(/belongs to this data folder$/),
      ...{ isInUse: false, waiting: [] },
    });
    const named = await site({}, "localhost");
    await (await openSiteStore(named.config)).close();
  },
);

testHere("another authority, another name or a wrong password: nothing is said to it", async () => {
  const strange = await site({ SALLYPORT_DATABASE_CA: other.caFile });
  await expect(openSiteStore(strange.config)).rejects.toThrow(/certificate/);
  const { config, passwordFile } = await site();
  writeFileSync(passwordFile, "wrong");
  await expect(openSiteStore(config)).rejects.toThrow(/password authentication failed/);
  await expect(openSiteStore(config)).rejects.toThrow(StoreAway);
  chmodSync(passwordFile, 0o644);
  await expect(openSiteStore(config)).rejects.toThrow(/can be reached by others than its owner/);
  const plain = await site({ SALLYPORT_DATABASE_CA: "" });
  await expect(openSiteStore(plain.config)).rejects.toThrow(/no encryption/);
});

testHere("a database in a network of the plant, or at an asset, is never reached", async () => {
  const { config } = await site({ SALLYPORT_PLANT_NETWORKS: "127.0.0.0/8" });
  await expect(openSiteStore(config)).rejects.toThrow(/is in a network of the plant/);
  const asset = { host: "127.0.0.1", port: server.port };
  const there = (await site()).config;
  await expect(openSiteStore(there, { plant: () => [asset] })).rejects.toThrow(
    /is an asset of the plant/,
  );
});

testHere("two passwords, or none that can be read, are refused in words", async () => {
  const { config } = await site();
  const { database } = config;
  if (!database) throw new Error("there is no database");
  const two = { ...config, database: { ...database, password: "x" } };
  await expect(openSiteStore(two)).rejects.toThrow(StoreRefused);
  const none = { ...config, databasePasswordFile: path.join(folder, "none") };
  await expect(openSiteStore(none)).rejects.toThrow(/password of the database cannot be read/);
});
