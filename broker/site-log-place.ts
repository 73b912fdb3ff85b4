/** Where the site log is, and where its last checkpoint is remembered besides. */
import { join } from "node:path";
import type { Config } from "./config.ts";
import type { LogMemory } from "./evidence/log/site-log.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import type { Store } from "./store/store.ts";

export function siteLogFolder(config: Pick<Config, "dataFolder">): string {
  return join(config.dataFolder, "site-log");
}

/** The database is another place than the log: putting one of them back does not go unnoticed. */
export function siteLogMemory(store: Store): LogMemory {
  const name = "site-log-checkpoint";
  return {
    read: () => readSetting(store.queries, name),
    write: (note) => writeSetting(store.queries, name, note),
  };
}
