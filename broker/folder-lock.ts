/**
 * Keeps a folder to one broker. The lock is the operating system's (through SQLite), so it goes
 * with the process however that ends: no stale file ever has to be removed.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

/** @returns a function that lets go. @throws FolderInUse */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, "lock"));
  try {
    lock.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch {
    lock.close();
    throw new FolderInUse(`another broker uses ${folder}: stop it first, or choose another folder`);
  }
  return () => lock.close();
}
