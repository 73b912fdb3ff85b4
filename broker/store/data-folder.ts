/**
 * The folder that holds everything worth stealing: the database, the keys, the recordings. It is
 * its owner's alone; a broker that finds it open to others does not start, because whoever could
 * read it before may hold a copy of the keys.
 */
import { mkdirSync, readdirSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The state, where it is embedded. */
export const DATABASE = "sallyport.db";

/** Any right of the group or of others. */
const OTHERS = 0o077;

export class DataFolderRefused extends Error {
  override readonly name = "DataFolderRefused";
}

/**
 * Makes the folder (0700) or checks it, and the files right inside it, and returns its path.
 * @throws DataFolderRefused
 */
export function prepareDataFolder(folder: string): string {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stats = statSync(path);
  if (!stats.isDirectory()) throw new DataFolderRefused(`${path} is not a folder`);
  checkPrivate(path, stats, "700");
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isFile()) checkPrivateFile(join(path, entry.name));
  }
  return path;
}

/** @throws DataFolderRefused if anybody but the owner has a right to it */
export function checkPrivateFile(path: string): void {
  checkPrivate(path, statSync(path), "600");
}

function checkPrivate(path: string, stats: Stats, mode: string): void {
  // Windows has no such bits; there the folder's inherited access list counts.
  if (process.platform === "win32") return;
  if ((stats.mode & OTHERS) !== 0) {
    throw new DataFolderRefused(
      `${path} can be reached by others than its owner: run chmod ${mode} ${path}`,
    );
  }
  const uid = process.getuid?.();
  if (uid !== undefined && stats.uid !== uid) {
    throw new DataFolderRefused(
      `${path} belongs to user ${stats.uid}, Sallyport runs as user ${uid}: run it as its owner`,
    );
  }
}
