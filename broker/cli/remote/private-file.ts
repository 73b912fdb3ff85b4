/** Files with secrets of the person who runs the command: nobody else may read them. */

import { randomUUID } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { CommandFailed, EXIT } from "./exit-codes.ts";

/** Windows has no such modes; there the folder of the account keeps others out. */
const HAS_MODES = process.platform !== "win32";

/** Undefined where there is none. @throws CommandFailed where others can read it */
export function readPrivate(file: string): string | undefined {
  try {
    const { mode } = statSync(file);
    if (HAS_MODES && (mode & 0o077) !== 0) {
      throw new CommandFailed(
        EXIT.failed,
        `${file} can be read by others: chmod 600 it, or delete it`,
      );
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const made = `${file}.${randomUUID()}`;
  writeFileSync(made, text, { mode: 0o600, flag: "wx" });
  if (HAS_MODES) chmodSync(made, 0o600);
  try {
    renameOver(made, file);
  } catch (error) {
    rmSync(made, { force: true });
    throw error;
  }
}

/** What Windows says while another program has the file open: a scanner, or another command. */
const IN_USE: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EBUSY"]);
const RENAME_TRIES_MAX = 40;
const RENAME_PAUSE_MS = 50;

/** In the place of what was there; on Windows as soon as nobody reads it. */
export function renameOver(
  from: string,
  to: string,
  rename: (from: string, to: string) => void = renameSync,
  platform: NodeJS.Platform = process.platform,
): void {
  for (let tried = 1; ; tried += 1) {
    try {
      rename(from, to);
      return;
    } catch (error) {
      const isInUse = IN_USE.has((error as NodeJS.ErrnoException).code ?? "");
      if (platform !== "win32" || !isInUse || tried === RENAME_TRIES_MAX) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RENAME_PAUSE_MS);
    }
  }
}

export function removePrivate(file: string): void {
  rmSync(file, { force: true });
}
