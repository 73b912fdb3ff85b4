/** The store on a PostgreSQL server, with the same tables and queries as the embedded one. */
import { Kysely } from "kysely";
import type { Clock } from "../clock.ts";
import type { Engine } from "./engine.ts";
import { engineDialect } from "./engine-dialect.ts";
import { newId } from "./ids.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import { POSTGRES } from "./postgres-language.ts";
import { LEASE_HELD, PostgresLink } from "./postgres-link.ts";
import { type DatabaseDialer, type PostgresPlace, placeText } from "./postgres-place.ts";
import { WAITING_BROKERS, type WaitingBroker, waitingIn } from "./postgres-standby.ts";
import type { Queries, Schema } from "./schema.ts";
import { openStoreOn, type Store } from "./store.ts";
import { StoreFailed, StoreRefused } from "./store-failed.ts";

export interface PostgresStoreOptions {
  readonly place: PostgresPlace;
  readonly dial: DatabaseDialer;
  readonly clock: Clock;
  /** Another broker waits for it: that it is out of reach is noticed sooner. */
  readonly quick?: boolean | undefined;
  /** Told what is set there already, before anything is changed; throws to leave it so. */
  check?(settings: ReadonlyMap<string, string>): void;
}

/**
 * @throws StoreInUse if another process has it open; StoreAway if it cannot be reached;
 * StoreRefused if it cannot be used as it is
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const engine = await PostgresEngine.open(options);
  try {
    const settings = await settingsIn(engine, options.place);
    options.check?.(settings);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return openPostgresStoreOn(engine, options.clock);
}

/** What is in a database, and who has it. */
export interface PostgresLook {
  readonly settings: ReadonlyMap<string, string>;
  /** A broker or a command has it open. */
  readonly isInUse: boolean;
  readonly waiting: readonly WaitingBroker[];
}

/** Everything is checked that a start checks, nothing is changed, and nobody's turn is taken. */
export async function lookIntoPostgres(
  place: PostgresPlace,
  dial: DatabaseDialer,
): Promise<PostgresLook> {
  const link = await PostgresLink.open({ place, dial, reads: true }, newId());
  try {
    const rowsOf = async (sql: string) => (await link.query({ sql, parameters: [] })).rows;
    return {
      settings: await settingsOver(link, place),
      isInUse: (await rowsOf(LEASE_HELD))[0]?.held === true,
      waiting: waitingIn(await rowsOf(WAITING_BROKERS)),
    };
  } finally {
    await link.close();
  }
}

/** @throws StoreRefused where it holds something else */
export function settingsOver(
  link: Pick<PostgresLink, "query">,
  place: PostgresPlace,
): Promise<ReadonlyMap<string, string>> {
  return settingsIn({ run: (statement) => link.query(statement) }, place);
}

/** Reads as of one moment, beside a broker or not. */
export async function readPostgres<T>(
  place: PostgresPlace,
  dial: DatabaseDialer,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  const link = await PostgresLink.open({ place, dial, reads: true }, newId());
  try {
    await link.query({
      sql: "begin isolation level repeatable read read only",
      parameters: [],
    });
    const only = () => Promise.reject(new StoreFailed("it is only read"));
    const engine: Engine = {
      ...{ run: (statement) => link.query(statement), begin: only, copyTo: only },
      ...{ trouble: undefined, onFailure: () => {}, onAway: () => {}, close: async () => {} },
    };
    return await work(new Kysely<Schema>({ dialect: engineDialect(engine, POSTGRES) }));
  } finally {
    await link.close();
  }
}

/** @throws StoreRefused where it holds something else */
async function settingsIn(
  engine: Pick<PostgresEngine, "run">,
  place: PostgresPlace,
): Promise<ReadonlyMap<string, string>> {
  const look = async (sql: string) => (await engine.run({ sql, parameters: [] })).rows;
  const tables = await look("select tablename from pg_tables where schemaname = current_schema()");
  if (tables.length === 0) return new Map();
  if (!tables.some(({ tablename }) => tablename === "schema_version")) {
    throw new StoreRefused(
      `the database ${placeText(place)} is somebody else's: it has tables that are not Sallyport's`,
    );
  }
  // The first steps of an earlier start may not have come so far.
  if (!tables.some(({ tablename }) => tablename === "settings")) return new Map();
  const rows = await look("select name, value from settings");
  return new Map(rows.map(({ name, value }) => [String(name), String(value)]));
}

/** The store over an open connection; separate so that a test can break it. */
export async function openPostgresStoreOn(engine: PostgresEngine, clock: Clock): Promise<Store> {
  const store = await openStoreOn(engine, clock, POSTGRES);
  try {
    await engine.sign();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
