/** A copy of the database as of one moment, whether a broker runs on it or not. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { StoreConfig } from "../site-store.ts";
import { DATABASE } from "../store/data-folder.ts";
import { answerHost, askHost } from "../store/host-requests.ts";
import { openStore, type Store } from "../store/store.ts";
import { StoreInUse } from "../store/store-failed.ts";
import { copyFromPostgres } from "../store-move.ts";
import { BackupRefused } from "./backup-manifest.ts";

/** Years of events take seconds on a slow disk. */
const WITHIN_MS = 300_000;

const DESK = {
  folder: "backup",
  asked: z.strictObject({ what: z.literal("database") }),
  /** Name of the copy beside the request: each has its own. */
  answered: z.object({ copy: z.string().regex(/^[0-9a-z]{1,40}\.db$/) }),
  withinMs: WITHIN_MS,
};

export interface DatabaseCopyParts {
  readonly dataFolder: string;
  readonly store: Pick<Store, "copyTo">;
  readonly clock: Clock;
  failed(reason: string): void;
}

/** Lets `sallyport backup` have its copy while the broker runs. */
export function answerDatabaseCopies({ store, ...parts }: DatabaseCopyParts): () => void {
  return answerHost(DESK, {
    ...parts,
    act: async (_asked, base) => {
      removeForgotten(path.dirname(base), parts.clock.wallMs());
      await store.copyTo(`${base}.db`);
      return { copy: path.basename(`${base}.db`) };
    },
  });
}

/** Copies whose command was killed before it took them. */
function removeForgotten(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const madeMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (name.includes(".db") && nowMs - madeMs > WITHIN_MS) rmSync(file, { force: true });
  }
}

/**
 * @param to a file that is not there yet
 * @returns whether a broker runs
 * @throws BackupRefused
 */
export async function copyDatabase(
  config: StoreConfig,
  to: string,
  clock: Clock,
): Promise<{ readonly isRunning: boolean }> {
  const { database, dataFolder } = config;
  if (database) {
    return copyFromPostgres(config, database, to, clock);
  }
  const file = path.join(dataFolder, DATABASE);
  if (!existsSync(file)) throw new BackupRefused(`there is no database in ${dataFolder}`);
  const store = await openStore({ path: file, clock }).catch((error: unknown) => {
    if (error instanceof StoreInUse) return undefined;
    throw error;
  });
  if (store) {
    try {
      await store.copyTo(to);
    } finally {
      await store.close();
    }
    return { isRunning: false };
  }
  const answer = await askHost(DESK, dataFolder, { what: "database" }, clock);
  if (!answer) throw new BackupRefused("the broker runs but does not answer");
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  renameSync(path.join(dataFolder, DESK.folder, answer.copy), to);
  return { isRunning: true };
}

/** @throws BackupRefused where the file is not a whole database */
export function checkDatabase(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const [found] = database.prepare("PRAGMA integrity_check(1)").all();
    if (found?.integrity_check !== "ok") {
      throw new BackupRefused(`the database is damaged: ${String(found?.integrity_check)}`);
    }
  } finally {
    database.close();
  }
}
