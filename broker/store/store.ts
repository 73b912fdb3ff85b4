/** The database of the broker: people, grants, events. Recordings are not in it. */
import { chmodSync, closeSync, openSync } from "node:fs";
import { Kysely } from "kysely";
import { type Clock, systemClock } from "../clock.ts";
import type { Engine } from "./engine.ts";
import { engineDialect, type Language } from "./engine-dialect.ts";
import { migrate } from "./migrations.ts";
import type { SiteEvent } from "./model.ts";
import type { Queries, Schema } from "./schema.ts";
import { type NewSiteEvent, SiteEvents } from "./site-events.ts";
import { SQLITE } from "./sqlite-language.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import type { StoreAway, StoreFailed } from "./store-failed.ts";

export interface Store {
  /** Single statements, each durable once it resolves. */
  readonly queries: Queries;
  readonly log: SiteEvents;
  /**
   * All or nothing, with nobody else's statements between. Use the given queries only: the
   * outer ones wait for this to end.
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** A transaction that also writes its events; listeners hear of them once it has committed. */
  act<T>(work: (queries: Queries, record: RecordEvent) => Promise<T>): Promise<T>;
  /** Called once if the store stops working for good: every call rejects from then on. */
  onFailure(listener: (error: StoreFailed) => void): void;
  /** Called when it cannot be reached for a while, and with nothing once it can again. */
  onAway(listener: (away: StoreAway | undefined) => void): void;
  /** Why nothing can be kept or looked up now; undefined while all is well. */
  readonly trouble: StoreFailed | undefined;
  /** Writes all of it, as of one moment, into a new file that is its owner's alone. */
  copyTo(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * For a broker's store: its journal begins anew after 1,000 pages of 4 KiB, and the rest is for
 * the last transaction.
 */
export const STORE_RESERVE_BYTES = 5 * 1024 * 1024;

export type RecordEvent = (event: NewSiteEvent) => Promise<void>;

/**
 * Opens or creates the embedded database and brings its schema up to date.
 * @throws StoreInUse if another process has it open; StoreFailed if it cannot be read
 */
export async function openStore(options: {
  readonly path: string;
  readonly clock?: Clock;
  readonly reserveBytes?: number;
}): Promise<Store> {
  const clock = options.clock ?? systemClock;
  keepPrivate(options.path);
  const thread = await SqliteThread.open(options.path, clock, options.reserveBytes);
  return openStoreOn(thread, clock);
}

/** The store over what is open already; separate so that a test can break it. */
export async function openStoreOn(
  engine: Engine,
  clock: Clock,
  language: Language = SQLITE,
): Promise<Store> {
  const queries = new Kysely<Schema>({ dialect: engineDialect(engine, language) });
  try {
    await migrate(queries, clock);
    const log = await SiteEvents.open(queries, clock);
    const transaction: Store["transaction"] = (work) =>
      queries.transaction().setIsolationLevel("serializable").execute(work);
    return {
      queries,
      log,
      transaction,
      act: (work) => act(transaction, log, work),
      onFailure: (listener) => engine.onFailure(listener),
      onAway: (listener) => engine.onAway(listener),
      get trouble() {
        return engine.trouble;
      },
      copyTo: async (path) => {
        keepPrivate(path);
        await engine.copyTo(path);
      },
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function act<T>(
  transaction: Store["transaction"],
  log: SiteEvents,
  work: (queries: Queries, record: RecordEvent) => Promise<T>,
): Promise<T> {
  const events: SiteEvent[] = [];
  const result = await transaction((queries) =>
    work(queries, async (event) => {
      events.push(await log.write(queries, event));
    }),
  );
  for (const event of events) log.tell(event);
  return result;
}

/** SQLite gives its journal the mode of the file, so the file is made first, for its owner alone. */
export function keepPrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}
