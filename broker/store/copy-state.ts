/**
 * All state from one store into an empty one, whatever databases they stand on. Every table is read
 * again from where it went and compared with where it came from before it counts as copied.
 */
import { createHash, type Hash } from "node:crypto";
import { type Kysely, PostgresAdapter, sql } from "kysely";
import type { Queries } from "./schema.ts";
import { StoreRefused } from "./store-failed.ts";

type Row = Readonly<Record<string, unknown>>;
type Rows = Kysely<Record<string, Record<string, unknown>>>;

/** Rows read, and written, at once: some hundred kilobytes. */
const PAGE = 200;
/** How far the schema has come; the empty store has its own. */
const VERSIONS = "schema_version";
/** Settings that are about one database, not about the site. */
const OWN_SETTING = /^store-/;

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
}

/** Gives its turn to whoever writes: a transaction of the target for each page. */
export type InTransaction = (work: (queries: Queries) => Promise<void>) => Promise<void>;

/**
 * @param to of this release, and empty
 * @throws StoreRefused where the two do not fit, or what arrived is not what was sent
 */
export async function copyState(
  from: Queries,
  to: Queries,
  inTransaction: InTransaction,
): Promise<readonly CopiedTable[]> {
  const [source, target] = [rowsOf(from), rowsOf(to)];
  const tables = await tablesOf(source);
  if (
    `${await versionOf(source)} ${tables}` !==
    `${await versionOf(target)} ${await tablesOf(target)}`
  ) {
    throw new StoreRefused("the two databases are of different releases: start each with this one");
  }
  const copied: CopiedTable[] = [];
  for (const table of tables) {
    // The events that came before filled the feeds by their triggers.
    await inTransaction(async (queries) => {
      if (FILLED.has(table)) await rowsOf(queries).deleteFrom(table).execute();
    });
    const sent = new Digest();
    for await (const page of pagesOf(source, table)) {
      sent.add(page);
      await inTransaction(async (queries) => {
        await rowsOf(queries)
          .insertInto(table)
          .values([...page])
          .execute();
      });
    }
    if (FILLED.has(table)) await inTransaction((queries) => continueAfter(rowsOf(queries), table));
    const arrived = new Digest();
    for await (const page of pagesOf(target, table)) arrived.add(page);
    if (sent.text() !== arrived.text()) {
      throw new StoreRefused(`what arrived of ${table} is not what was sent: nothing was switched`);
    }
    copied.push({ table, rows: sent.rows });
  }
  return copied;
}

/** @throws StoreRefused where it has people or events already */
export async function mustBeNew(queries: Queries): Promise<void> {
  for (const table of ["people", "site_events"] as const) {
    const found = await queries.selectFrom(table).select("id").limit(1).executeTakeFirst();
    if (found) throw new StoreRefused("the database is not empty: make it anew, then try again");
  }
}

const FILLED: ReadonlySet<string> = new Set(["integration_feed", "log_outbox"]);

function rowsOf(queries: Queries): Rows {
  return queries as unknown as Rows;
}

function isPostgres(db: Rows): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** In the order in which they were made: what refers to another came after it. */
async function tablesOf(db: Rows): Promise<readonly string[]> {
  const { rows } = isPostgres(db)
    ? await sql<{ name: string }>`
        select relname::text as name from pg_class
        where relkind = 'r' and relnamespace = current_schema()::regnamespace order by oid`.execute(
        db,
      )
    : await sql<{ name: string }>`
        select name from sqlite_master
        where type = 'table' and name not like 'sqlite\\_%' escape '\\' order by rowid`.execute(db);
  return rows.map(({ name }) => name).filter((name) => name !== VERSIONS);
}

async function versionOf(db: Rows): Promise<number> {
  const query = db.selectFrom(VERSIONS).select((select) => select.fn.max("version").as("at"));
  return Number((await query.executeTakeFirstOrThrow()).at);
}

/** Page by page where a table has a key of its own; others are small. */
async function* pagesOf(db: Rows, table: string): AsyncGenerator<readonly Row[]> {
  const key = KEYS.get(table);
  if (key === undefined) {
    const all = (await db.selectFrom(table).selectAll().execute()).filter((row) =>
      isKept(table, row),
    );
    const sorted = all.map((row) => ({ row, text: plain(row) })).sort(byText);
    for (let at = 0; at < sorted.length; at += PAGE) {
      yield sorted.slice(at, at + PAGE).map(({ row }) => row);
    }
    return;
  }
  for (let after: unknown; ; ) {
    const query = db.selectFrom(table).selectAll().orderBy(key).limit(PAGE);
    const page = await (after === undefined ? query : query.where(key, ">", after)).execute();
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.[key];
  }
}

/** Those that grow for years. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ["site_events", "id"],
  ["signed_actions", "id"],
  ["alarms", "id"],
  ["recording_views", "id"],
  ["integration_feed", "position"],
  ["log_outbox", "position"],
]);

function isKept(table: string, row: Row): boolean {
  return table !== "settings" || !OWN_SETTING.test(String(row.name));
}

function byText(one: { readonly text: string }, other: { readonly text: string }): number {
  return one.text < other.text ? -1 : 1;
}

/** Numbers that were given out are not given out again. */
async function continueAfter(db: Rows, table: string): Promise<void> {
  if (!isPostgres(db)) return;
  await sql`
    select setval(pg_get_serial_sequence(${table}, 'position'),
      (select coalesce(max(position), 0) + 1 from ${sql.table(table)}), false)`.execute(db);
}

class Digest {
  rows = 0;
  private readonly hash: Hash = createHash("sha256");

  add(page: readonly Row[]): void {
    for (const row of page) this.hash.update(`${plain(row)}\n`);
    this.rows += page.length;
  }

  text(): string {
    return this.hash.copy().digest("hex");
  }
}

/** The same for the same row on either database; PostgreSQL keeps no zero in a text. */
function plain(row: Row): string {
  const columns = Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(columns).replaceAll("\\u0000", "\ufffd");
}
