/**
 * The upgrade drill: databases as earlier releases left them, each of a site where somebody had
 * enrolled, worked and invited (`schemas/<version>.sql`, written by those very releases), are opened
 * by this one. Nothing is lost, and what results is what a new site has.
 */
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { openStore } from "../../broker/store/store.ts";
import { startSimulatedPlant } from "../../simulators/plant.ts";
import { writeConsole, writePlantFile } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const SCHEMAS = path.join(import.meta.dirname, "schemas");
const VERSIONS = readdirSync(SCHEMAS).map((name) => Number.parseInt(name, 10));
/** Changed by the start itself or by the upgrade. */
const OWN = new Set(["schema_version"]);

function asLeft(version: number, folder: string): string {
  const file = path.join(folder, "sallyport.db");
  const database = new DatabaseSync(file);
  // Rows of a table may name rows of one that comes later.
  database.exec("PRAGMA foreign_keys = OFF");
  database.exec(
    readFileSync(path.join(SCHEMAS, `${String(version).padStart(2, "0")}.sql`), "utf8"),
  );
  database.close();
  return file;
}

type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

function rowsOf(file: string): Rows {
  const database = new DatabaseSync(file);
  try {
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    expect(database.prepare("PRAGMA foreign_key_check").all()).toEqual([]);
    return Object.fromEntries(
      tablesOf(database).map((table) => [
        table,
        database.prepare(`select * from "${table}"`).all() as Record<string, unknown>[],
      ]),
    );
  } finally {
    database.close();
  }
}

function tablesOf(database: DatabaseSync): string[] {
  const sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
  return database
    .prepare(sql)
    .all()
    .map(({ name }) => String(name))
    .toSorted();
}

/** Tables with their columns, indexes and triggers, as the database has them. */
function shapeOf(file: string): unknown {
  const database = new DatabaseSync(file);
  try {
    const named = "select type, name, tbl_name from sqlite_master where name not like 'sqlite_%'";
    return {
      named: database.prepare(`${named} order by type, name`).all(),
      columns: tablesOf(database).map((table) => [
        table,
        database
          .prepare(`select name, type, "notnull", pk from pragma_table_info('${table}')`)
          .all(),
      ]),
    };
  } finally {
    database.close();
  }
}

async function upgraded(file: string): Promise<void> {
  const store = await openStore({ path: file });
  await store.close();
}

test("there are databases of earlier releases to upgrade", () => {
  expect(VERSIONS.length).toBeGreaterThanOrEqual(4);
});

test.each(VERSIONS)(
  "every row of schema %i is kept, and the schema is a new site's",
  async (version) => {
    const folder = temporaryFolder();
    const file = asLeft(version, folder);
    const before = rowsOf(file);
    expect(before.people?.length).toBeGreaterThan(0);
    await upgraded(file);
    const after = rowsOf(file);
    for (const [table, rows] of Object.entries(before)) {
      if (OWN.has(table)) continue;
      const known = after[table] ?? [];
      for (const row of rows) expect(known).toContainEqual(expect.objectContaining(row));
      expect([table, known.length]).toEqual([table, rows.length]);
    }
    const fresh = path.join(temporaryFolder(), "fresh.db");
    await upgraded(fresh);
    expect(shapeOf(file)).toEqual(shapeOf(fresh));
  },
);

test.each(VERSIONS)(
  "a database of schema %i is upgraded once: the next start changes nothing",
  async (version) => {
    const file = asLeft(version, temporaryFolder());
    await upgraded(file);
    const once = rowsOf(file);
    await upgraded(file);
    expect(rowsOf(file)).toEqual(once);
  },
);

test.each(VERSIONS)(
  "a broker starts on the data of schema %i and knows its people",
  async (version) => {
    const folder = temporaryFolder();
    asLeft(version, folder);
    const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
    onTestFinished(() => plant.close());
    const files = temporaryFolder();
    const broker = await startBroker(
      readConfig({
        SALLYPORT_PORT: "0",
        SALLYPORT_SSH_PORT: "off",
        SALLYPORT_OPCUA_PORT: "off",
        SALLYPORT_PANEL_PORT: "off",
        SALLYPORT_DATA: privately(folder),
        SALLYPORT_PLANT: writePlantFile(files, plant),
        SALLYPORT_CONSOLE: writeConsole(files),
      }),
    );
    onTestFinished(() => broker.close());
    expect(broker.enrolmentLink).toBeUndefined();
    const answer = await fetch(`${broker.address}/healthz`);
    expect(answer.status).toBe(200);
  },
  60_000,
);

/** A test's umask is not the broker's. */
function privately(folder: string): string {
  for (const name of readdirSync(folder)) chmodSync(path.join(folder, name), 0o600);
  return folder;
}
