/** Where the site log is, and where its last checkpoint is remembered besides. */
import { join } from "node:path";
import type { Config } from "./config.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import { FileKeys } from "./evidence/log/file-keys.ts";
import { MovedKeys } from "./evidence/log/moved-keys.ts";
import { publicKeyOf } from "./evidence/log/public-keys.ts";
import type { LogKeys } from "./evidence/log/signer.ts";
import type { LogMemory } from "./evidence/log/site-log.ts";
import { SocketKeys } from "./evidence/log/socket-keys.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import type { Store } from "./store/store.ts";

export function siteLogFolder(config: Pick<Config, "dataFolder">): string {
  return join(config.dataFolder, "site-log");
}

/** Files beside the log, or the process that the broker is told to ask. */
export function siteLogKeys(config: Pick<Config, "dataFolder" | "logSigner">): LogKeys {
  const directory = siteLogFolder(config);
  const files = new FileKeys(join(directory, "keys"));
  if (config.logSigner === "") return files;
  const known = (number: number) => publicKeyOf(diskVolume, directory, number);
  return new MovedKeys(files, new SocketKeys(config.logSigner, known));
}

/** The database is another place than the log: putting one of them back does not go unnoticed. */
export function siteLogMemory(store: Store): LogMemory {
  const name = "site-log-checkpoint";
  return {
    read: () => readSetting(store.queries, name),
    write: (note) => writeSetting(store.queries, name, note),
  };
}
