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

/** The volume takes no locks: two brokers would not know of each other. */
export class FolderNotLocked extends Error {
  override readonly name = "FolderNotLocked";
}

/** SQLite's number for a lock that somebody else has. */
const BUSY = 5;

/** @returns a function that lets go. @throws FolderInUse, FolderNotLocked */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(folder, "lock"));
  try {
    lock.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    const { errcode = 0, message } = error as { errcode?: number; message: string };
    // The low byte: the rest says how it is busy.
    if ((errcode & 0xff) !== BUSY) {
      throw new FolderNotLocked(`${folder} cannot be kept to one broker: ${message}`);
    }
    throw new FolderInUse(`another broker uses ${folder}: stop it first, or choose another folder`);
  }
  return () => lock.close();
}
