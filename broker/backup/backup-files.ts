/** Which files a backup holds: everything but what is derived, passing, or another process's. */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Config } from "../config.ts";
import { EVIDENCE, isBackupName, PLANT_FILE } from "./backup-manifest.ts";

export interface FileToKeep {
  /** Inside the backup. */
  readonly name: string;
  readonly path: string;
}

export interface FilesToKeep {
  readonly files: readonly FileToKeep[];
  /** Sessions whose recordings are not closed. */
  readonly openSessions: readonly string[];
}

/** Of the data folder: made anew, of the moment, or kept apart (the database, the site log). */
const PASSED_OVER =
  /^(sallyport\.db.*|database\.json|log-index\.db.*|log|unlock|backup|comments|site-log|lock|lock-journal|evidence)$/;
/** Of the evidence folder. The write-ahead files belong to recordings that are not closed. */
const EVIDENCE_PASSED_OVER = /^(lock|lock-journal|reserve|catalogue.*|write-ahead|search.*)$/;

export function filesToKeep(config: Config, withRecordings: boolean): FilesToKeep {
  const { dataFolder, evidenceFolder, plantFile } = config;
  const own = below(dataFolder, "", (name) => !PASSED_OVER.test(name));
  const evidence = below(evidenceFolder, EVIDENCE, (name) => !EVIDENCE_PASSED_OVER.test(name));
  const recordings = `${EVIDENCE}/recordings/`;
  const openSessions = sessionsIn(evidenceFolder).filter(
    (session) => !existsSync(path.join(evidenceFolder, "recordings", session, "close.json")),
  );
  const wanted = evidence.filter(({ name }) => {
    if (!name.startsWith(recordings)) return true;
    const session = name.slice(recordings.length).split("/")[0] ?? "";
    return withRecordings && !openSessions.includes(session);
  });
  const isOutside = plantFile !== "" && path.dirname(plantFile) !== dataFolder;
  const plant = isOutside ? [{ name: PLANT_FILE, path: plantFile }] : [];
  return { files: [...own, ...wanted, ...plant], openSessions };
}

function sessionsIn(evidenceFolder: string): readonly string[] {
  const folder = path.join(evidenceFolder, "recordings");
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Plain files alone, in order; links lead elsewhere and are not followed. */
export function below(
  folder: string,
  prefix: string,
  wanted: (name: string) => boolean = () => true,
): readonly FileToKeep[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => wanted(name) && !/\.(tmp|part|new)$/.test(name))
    .toSorted()
    .flatMap((entry) => {
      const at = path.join(folder, entry);
      const name = prefix === "" ? entry : `${prefix}/${entry}`;
      const stats = lstatSync(at, { throwIfNoEntry: false });
      if (stats?.isDirectory()) return below(at, name);
      return stats?.isFile() && isBackupName(name) ? [{ name, path: at }] : [];
    });
}
