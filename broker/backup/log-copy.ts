/** The site log as of one checkpoint, beside a broker that goes on writing it. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { diskVolume } from "../evidence/disk-volume.ts";
import { generationsIn } from "../evidence/log/generations.ts";
import { publicKeyOf } from "../evidence/log/public-keys.ts";
import { LogRefused, resumeLog } from "../evidence/log/resume.ts";
import { TileFiles } from "../evidence/log/tile-files.ts";
import { BackupRefused } from "./backup-manifest.ts";

/** Files are replaced while they are copied; a copy that does not fit together is made again. */
const ATTEMPTS_MAX = 5;
const ALL_TILES = Number.MAX_SAFE_INTEGER;

/**
 * @param to a folder that is not there yet
 * @returns the signed note of the newest log; "" where there is none
 * @throws BackupRefused where the log itself is damaged
 */
export async function copyLog(from: string, to: string): Promise<string> {
  let trouble = "";
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    rmSync(to, { recursive: true, force: true });
    copyInOrder(from, to);
    try {
      return await checkedNote(to);
    } catch (error) {
      if (!(error instanceof LogRefused)) throw error;
      trouble = error.message;
    }
  }
  throw new BackupRefused(`the site log cannot be copied: ${trouble}`);
}

/**
 * Staged leaves first, then the checkpoint, then what it names: whatever is acknowledged before
 * this begins is in one of them, and no leaf between them is missing.
 */
function copyInOrder(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  if (!existsSync(from)) return;
  for (const name of readdirSync(from)) {
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (!/^[1-9]\d{0,5}$/.test(name)) {
      copyFolder(source, target);
      continue;
    }
    mkdirSync(target, { mode: 0o700 });
    for (const part of ["staging", "checkpoint"]) {
      copyFolder(path.join(source, part), path.join(target, part));
    }
    for (const part of readdirSync(source)) {
      if (part === "staging" || part === "checkpoint") continue;
      copyFolder(path.join(source, part), path.join(target, part));
    }
  }
}

/** A file or a folder; what is removed meanwhile is not missed here, but when it is checked. */
function copyFolder(from: string, to: string): void {
  try {
    const names = readdirSync(from);
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of names) copyFolder(path.join(from, name), path.join(to, name));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    if (codeOf(error) !== "ENOTDIR") throw error;
    try {
      copyFileSync(from, to);
    } catch (gone) {
      if (codeOf(gone) !== "ENOENT") throw gone;
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Every log of the site reads back whole, as the next start would. @throws LogRefused */
export async function checkedNote(directory: string): Promise<string> {
  const numbers = await generationsIn(diskVolume, directory);
  for (const number of numbers) {
    const publicKey = await publicKeyOf(diskVolume, directory, number);
    if (!publicKey) throw new LogRefused(`the public key of log ${number} is missing`);
    const folder = path.join(directory, String(number));
    const tiles = new TileFiles(diskVolume, folder);
    const place = { volume: diskVolume, folder, tiles, publicKey, checkedTiles: ALL_TILES };
    await resumeLog(place);
  }
  const newest = path.join(directory, String(numbers.at(-1) ?? 0), "checkpoint");
  return existsSync(newest) ? readFileSync(newest, "utf8") : "";
}
