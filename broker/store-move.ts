/** A site's state from its data folder into PostgreSQL, and from there into a file for a backup. */
import { existsSync, renameSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import type { Clock } from "./clock.ts";
import type { DatabaseAddress } from "./database-settings.ts";
import { dialerOf, placeOf, type StoreConfig } from "./site-store.ts";
import { type CopiedTable, copyState, mustBeNew } from "./store/copy-state.ts";
import { DATABASE } from "./store/data-folder.ts";
import { openPostgresStore, readPostgres } from "./store/postgres-store.ts";
import { openStore, type Store } from "./store/store.ts";
import { StoreRefused } from "./store/store-failed.ts";
import { bindTo, FOLDER_SETTING, readBond } from "./store-bond.ts";

/**
 * With the broker stopped. The embedded database is left as it was, under another name; until all
 * of it has arrived and was compared, the data folder stays with it.
 * @throws StoreInUse while a broker runs; StoreRefused, StoreAway
 */
export async function moveToPostgres(
  config: StoreConfig,
  clock: Clock,
): Promise<readonly CopiedTable[]> {
  const { database, dataFolder } = config;
  const file = path.join(dataFolder, DATABASE);
  if (!database) throw new StoreRefused("set SALLYPORT_DATABASE to where the state is to go");
  if (readBond(dataFolder)?.sealed)
    throw new StoreRefused(`${dataFolder} has its state there already`);
  if (!existsSync(file)) throw new StoreRefused(`there is no database in ${dataFolder}`);
  const from = await openStore({ path: file, clock });
  try {
    const copied = await moveFrom(from, config, database, clock);
    renameSync(file, `${file}.moved`);
    return copied;
  } finally {
    await from.close();
  }
}

async function moveFrom(
  from: Store,
  config: StoreConfig,
  address: DatabaseAddress,
  clock: Clock,
): Promise<readonly CopiedTable[]> {
  const to = await openPostgresStore({
    ...{ place: placeOf(config, address), dial: dialerOf(config), clock },
    check: (settings) => {
      if (settings.has(FOLDER_SETTING)) throw new StoreRefused("the database is another site's");
    },
  });
  try {
    await mustBeNew(to.queries);
    const copied = await copyState(from.queries, to.queries, (work) => to.transaction(work));
    await to.act((_queries, record) =>
      record({
        kind: "store:moved",
        priority: "alarm",
        text: `${userInfo().username} on this machine moved the state of this site into PostgreSQL`,
      }),
    );
    await bindTo(config.dataFolder, to.queries);
    return copied;
  } finally {
    await to.close();
  }
}

/**
 * All state as of one moment, as an embedded database, whether a broker runs on it or not.
 * @param to a file that is not there yet
 */
export async function copyFromPostgres(
  config: StoreConfig,
  address: DatabaseAddress,
  to: string,
  clock: Clock,
): Promise<{ readonly isRunning: boolean }> {
  const store = await openStore({ path: to, clock });
  try {
    const place = placeOf(config, address);
    return await readPostgres(place, dialerOf(config), async (queries) => {
      await copyState(queries, store.queries, (work) => store.transaction(work));
      const { rows } = await sql`
        select 1 from pg_locks where locktype = 'advisory' and granted and database =
          (select oid from pg_database where datname = current_database())`.execute(queries);
      return { isRunning: rows.length > 0 };
    });
  } finally {
    await store.close();
  }
}
