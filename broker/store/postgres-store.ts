/** The store on a PostgreSQL server, with the same tables and queries as the embedded one. */
import type { Clock } from "../clock.ts";
import { PostgresEngine } from "./postgres-engine.ts";
import { POSTGRES } from "./postgres-language.ts";
import type { DatabaseDialer, PostgresPlace } from "./postgres-place.ts";
import { openStoreOn, type Store } from "./store.ts";

export interface PostgresStoreOptions {
  readonly place: PostgresPlace;
  readonly dial: DatabaseDialer;
  readonly clock: Clock;
}

/**
 * @throws StoreInUse if another process has it open; StoreAway if it cannot be reached;
 * StoreRefused if it cannot be used as it is
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const engine = await PostgresEngine.open(options);
  return openPostgresStoreOn(engine, options.clock);
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
