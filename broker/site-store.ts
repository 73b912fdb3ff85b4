/** The site's store, where the configuration says it is: embedded, or on a PostgreSQL server. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Clock, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { DatabaseAddress } from "./database-settings.ts";
import { databaseSocket } from "./legs/database-socket.ts";
import { systemRoots } from "./legs/integration-stream.ts";
import type { PlantPlace } from "./legs/pinned-address.ts";
import { refusedHost } from "./plant/refused-address.ts";
import { checkPrivateFile, DATABASE } from "./store/data-folder.ts";
import { type PostgresPlace, placeText } from "./store/postgres-place.ts";
import type { WaitingBroker } from "./store/postgres-standby.ts";
import { lookIntoPostgres, openPostgresStore } from "./store/postgres-store.ts";
import { openStore, type Store } from "./store/store.ts";
import { StoreRefused } from "./store/store-failed.ts";
import { bindTo, checkBond, FOLDER_SETTING, readBond } from "./store-bond.ts";

export type StoreConfig = Pick<
  Config,
  "dataFolder" | "database" | "databasePasswordFile" | "databaseCa" | "plantNetworks"
> &
  Partial<Pick<Config, "standby">>;

export interface SiteStoreOptions {
  readonly clock?: Clock;
  /** For an embedded one. */
  readonly reserveBytes?: number;
  /** Assets, which a database is never looked for at. */
  readonly plant?: () => readonly PlantPlace[];
}

/**
 * @throws StoreInUse if a broker or a command has it; StoreAway if it cannot be reached;
 * StoreRefused if it is not this site's, or cannot be used as it is
 */
export async function openSiteStore(
  config: StoreConfig,
  options: SiteStoreOptions = {},
): Promise<Store> {
  const { dataFolder } = config;
  const { clock = systemClock, reserveBytes = 0 } = options;
  const file = path.join(dataFolder, DATABASE);
  if (!config.database) {
    if (!readBond(dataFolder)) return openStore({ path: file, clock, reserveBytes });
    throw new StoreRefused(
      `the state of ${dataFolder} is kept in PostgreSQL: set SALLYPORT_DATABASE to that database`,
    );
  }
  const place = placeOf(config, config.database);
  const store = await openPostgresStore({
    ...{ place, clock, dial: dialerOf(config, options.plant), quick: config.standby },
    check: (settings) => checkPlace(config, place, settings),
  });
  try {
    await bindTo(dataFolder, store.queries);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** For what looks into a site that may never have been started. */
export async function siteStoreIfThere(config: StoreConfig): Promise<Store | undefined> {
  const { database, dataFolder } = config;
  const isThere = database !== undefined || existsSync(path.join(dataFolder, DATABASE));
  return isThere ? openSiteStore(config) : undefined;
}

/** What `sallyport doctor` says of it. */
export interface DatabaseFound {
  /** One line. */
  readonly text: string;
  readonly isInUse: boolean;
  /** Brokers that wait to take over. */
  readonly waiting: readonly WaitingBroker[];
}

/**
 * For `sallyport doctor`: connects, checks all that a start would check, and changes nothing.
 * @throws as `openSiteStore`, but beside a broker too
 */
export async function lookAtDatabase(
  config: StoreConfig,
  address: DatabaseAddress,
): Promise<DatabaseFound> {
  const place = placeOf(config, address);
  const { settings, isInUse, waiting } = await lookIntoPostgres(place, dialerOf(config));
  checkPlace(config, place, settings);
  const what =
    settings.size === 0
      ? "is empty: it is filled at the first start"
      : "belongs to this data folder";
  const used = isInUse ? "; a running broker has it open" : "";
  return { text: `${placeText(place)} answers and ${what}${used}`, isInUse, waiting };
}

/** Whether it is the database of this data folder. @throws StoreRefused */
export function checkPlace(
  { dataFolder }: Pick<StoreConfig, "dataFolder">,
  place: PostgresPlace,
  settings: ReadonlyMap<string, string>,
): void {
  checkBond(dataFolder, settings.get(FOLDER_SETTING), {
    hasEmbedded: existsSync(path.join(dataFolder, DATABASE)),
    where: placeText(place),
  });
}

export function dialerOf(
  { plantNetworks }: Pick<StoreConfig, "plantNetworks">,
  plant: () => readonly PlantPlace[] = () => [],
) {
  const ranges = { plant, networks: plantNetworks };
  return (place: PostgresPlace) => databaseSocket(ranges, place);
}

/** @throws StoreRefused */
export function placeOf(config: StoreConfig, address: DatabaseAddress): PostgresPlace {
  const { host, port, user, database } = address;
  const ca = config.databaseCa === "" ? undefined : readFile(config.databaseCa, "authority");
  const isSocket = host.startsWith("/");
  const needsTls = !isSocket && (ca !== undefined || !isThisMachine(host));
  return {
    ...{ host, port, user, database, password: passwordOf(config, address.password) },
    ...(needsTls && { tls: { ca: ca === undefined ? systemRoots() : [ca] } }),
  };
}

function isThisMachine(host: string): boolean {
  return /^a loopback (address|name)$/.test(refusedHost(host) ?? "");
}

function passwordOf(
  { databasePasswordFile: file }: StoreConfig,
  inUrl: string,
): string | undefined {
  if (file === "") return inUrl === "" ? undefined : inUrl;
  if (inUrl !== "") {
    throw new StoreRefused(
      "the password is in SALLYPORT_DATABASE and in SALLYPORT_DATABASE_PASSWORD_FILE: leave one out",
    );
  }
  const password = readFile(file, "password").replace(/\r?\n$/, "");
  checkPrivateFile(file);
  return password;
}

function readFile(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreRefused(`the ${what} of the database cannot be read: ${reason}`);
  }
}
