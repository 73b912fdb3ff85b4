/**
 * Puts another text in the place of the plant file: whole or not at all, whatever dies meanwhile.
 * A link is followed, so that the file it names is replaced and not the link. Mode and owner stay.
 */
import type { Stats } from "node:fs";
import { access, chown, constants, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type FileStamp, isSameStamp, stampOf } from "./plant-file.ts";

/** The file cannot be changed by the broker: its host says so, by its mode or its mount. */
export class PlantFileReadOnly extends Error {
  override readonly name = "PlantFileReadOnly";
}

/** The file says something else than what the change was made from. */
export class PlantFileChanged extends Error {
  override readonly name = "PlantFileChanged";
}

/** Why the broker cannot replace the file, in words; undefined where it can. Writes nothing. */
export async function whyReadOnly(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    await mayReplace(real, await stat(real));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * Durable when it resolves. A crash leaves the old file or the new one.
 * @param seen the file as it was read: another one by now is not written over
 * @throws PlantFileReadOnly, PlantFileChanged
 */
export async function replacePlantFile(
  path: string,
  text: string,
  seen: FileStamp | undefined,
): Promise<void> {
  const real = await realpath(path);
  const fresh = `${join(dirname(real), `.${basename(real)}`)}.new`;
  try {
    const before = await stat(real);
    await mayReplace(real, before);
    await writeBeside(fresh, text, before);
    if (!isSameStamp(stampOf(await stat(real)), seen)) {
      throw new PlantFileChanged("the file was written meanwhile");
    }
    await rename(fresh, real);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    throw isReadOnly(error) ? new PlantFileReadOnly(reasonOf(error)) : error;
  }
  await syncFolder(dirname(real));
}

/** By its mode too: for root every file is writable, but a host that took the right away means it. */
async function mayReplace(real: string, stats: Stats): Promise<void> {
  if ((stats.mode & 0o222) === 0) throw new PlantFileReadOnly("nobody may write it");
  await access(real, constants.W_OK);
  await access(dirname(real), constants.W_OK);
}

async function writeBeside(fresh: string, text: string, before: Stats): Promise<void> {
  await rm(fresh, { force: true });
  const file = await open(fresh, "wx", before.mode & 0o777);
  try {
    await file.writeFile(text);
    await file.chmod(before.mode & 0o777);
    await file.sync();
  } finally {
    await file.close();
  }
  // Only root can give a file away; for others the folder's owner replaced it anyway.
  await chown(fresh, before.uid, before.gid).catch(() => {});
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

const REASONS: Readonly<Record<string, string>> = {
  EROFS: "it lies on a read-only file system",
  EACCES: "this process may not write it",
  EPERM: "this process may not write it",
  // One file that is mounted by itself cannot be replaced by renaming.
  EBUSY: "it is mounted by itself and cannot be replaced",
  EXDEV: "it is mounted by itself and cannot be replaced",
  ENOENT: "it does not exist",
};

function isReadOnly(error: unknown): boolean {
  return !(error instanceof PlantFileReadOnly) && codeOf(error) in REASONS;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
