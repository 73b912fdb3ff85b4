/**
 * Makes a backup: one file, encrypted with age to recipients whose keys are kept elsewhere, since
 * it holds every key of the site. Inside is a zip with a list of all files and their digests:
 * `age -d -i KEY FILE > x.zip` opens it where no Sallyport runs.
 *
 * Consistent: the database as of one moment, then the site log not older than that moment, then
 * the recordings that are closed. It is checked before it takes its name.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { setTimeout as pause } from "node:timers/promises";
import { Encrypter } from "age-encryption";
import { ZipFile } from "yazl";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { FolderInUse, lockFolder } from "../folder-lock.ts";
import { siteLogFolder } from "../site-log-place.ts";
import { DATABASE } from "../store/data-folder.ts";
import { below, type FileToKeep, filesToKeep } from "./backup-files.ts";
import {
  type BackupFile,
  type BackupManifest,
  BackupRefused,
  MANIFEST,
} from "./backup-manifest.ts";
import { checkDatabase, copyDatabase } from "./database-copy.ts";
import { copyLog } from "./log-copy.ts";

export interface BackupAsked {
  readonly out: string;
  /** age recipients, `age1…`. */
  readonly to: readonly string[];
  readonly recordings: boolean;
  readonly version: string;
}

export interface MadeBackup {
  readonly manifest: BackupManifest;
  readonly isRunning: boolean;
}

/** @throws BackupRefused */
export async function writeBackup(
  config: Config,
  asked: BackupAsked,
  clock: Clock,
): Promise<MadeBackup> {
  if (existsSync(asked.out)) throw new BackupRefused(`${asked.out} is there already`);
  const encrypter = encrypterTo(asked.to);
  // On the same disk as the data, with the same protection: the copies are as secret.
  const { scratch, leave } = openScratch(path.join(config.dataFolder, SCRATCH));
  try {
    const database = path.join(scratch, DATABASE);
    const isRunning = await inTurn(scratch, async () => {
      return (await copyDatabase(config, database, clock)).isRunning;
    });
    checkDatabase(database);
    const log = path.join(scratch, "site-log");
    const checkpoint = await copyLog(siteLogFolder(config), log);
    const { files, openSessions } = filesToKeep(config, asked.recordings);
    const all = [{ name: DATABASE, path: database }, ...below(log, "site-log"), ...files];
    const told = { format: 1, version: asked.version, madeMs: clock.wallMs() } as const;
    const about = { ...told, recordings: asked.recordings, openSessions: [...openSessions] };
    const manifest = await pack(asked.out, encrypter, all, { ...about, checkpoint });
    return { manifest, isRunning };
  } finally {
    leave();
  }
}

const SCRATCH = "backup.tmp";
const ONE = "one-";

/** Each backup has a folder of its own; what one that was killed left goes with the next one. */
function openScratch(folder: string): { readonly scratch: string; leave(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const left = readdirSync(folder).filter((name) => name.startsWith(ONE));
  for (const name of left) removeLeft(path.join(folder, name));
  const scratch = mkdtempSync(path.join(folder, ONE));
  const unlock = lockFolder(scratch);
  return {
    scratch,
    leave: () => {
      unlock();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Made a moment ago, a folder may not have its lock yet. */
const FRESH_MS = 60_000;

function removeLeft(scratch: string): void {
  const madeMs = statSync(scratch, { throwIfNoEntry: false })?.ctimeMs;
  if (madeMs === undefined || Date.now() - madeMs < FRESH_MS) return;
  try {
    lockFolder(scratch)();
  } catch {
    return;
  }
  rmSync(scratch, { recursive: true, force: true });
}

const TURN_WITHIN_MS = 300_000;
const TURN_POLL_MS = 100;

/** One backup at a time has the database: with the broker stopped it takes it to itself. */
async function inTurn<T>(scratch: string, work: () => Promise<T>): Promise<T> {
  const giveUpMs = performance.now() + TURN_WITHIN_MS;
  for (;;) {
    let done: () => void;
    try {
      done = lockFolder(path.dirname(scratch));
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      if (performance.now() > giveUpMs) throw new BackupRefused("another backup has the database");
      await pause(TURN_POLL_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      done();
    }
  }
}

function encrypterTo(recipients: readonly string[]): Encrypter {
  if (recipients.length === 0) {
    throw new BackupRefused(
      "name whom it is encrypted to: --to age1…, whose key is kept elsewhere",
    );
  }
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new BackupRefused(`${recipient} is no age recipient: it was mistyped or cut`);
    }
  }
  return encrypter;
}

type About = Omit<BackupManifest, "files">;

/** The name stands for a whole file: it is taken last, once everything is on disk. */
async function pack(
  out: string,
  encrypter: Encrypter,
  files: readonly FileToKeep[],
  about: About,
): Promise<BackupManifest> {
  const part = `${out}.part`;
  rmSync(part, { force: true });
  try {
    const zip = new ZipFile();
    const plain = Readable.toWeb(Readable.from(zip.outputStream)) as ReadableStream<Uint8Array>;
    const sealed = await encrypter.encrypt(plain as Parameters<Encrypter["encrypt"]>[0] & object);
    const writing = pipeline(
      Readable.fromWeb(sealed as unknown as ReadableStream<Uint8Array>),
      createWriteStream(part, { mode: 0o600, flags: "wx", flush: true }),
    );
    // A disk that fails ends the writing: then nobody reads the rest of a file.
    const [manifest] = await Promise.all([addAll(zip, files, about), writing]);
    renameSync(part, out);
    syncFolder(path.dirname(out));
    return manifest;
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

async function addAll(
  zip: ZipFile,
  files: readonly FileToKeep[],
  about: About,
): Promise<BackupManifest> {
  const kept: BackupFile[] = [];
  for (const file of files) {
    // Deleted by retention since it was listed.
    if (!existsSync(file.path)) continue;
    kept.push(await addOne(zip, file));
  }
  const manifest: BackupManifest = { ...about, files: kept };
  zip.addBuffer(Buffer.from(JSON.stringify(manifest)), MANIFEST, { mode: 0o100600 });
  zip.end();
  return manifest;
}

/** Resolves once all of the file has gone into the zip. */
async function addOne(zip: ZipFile, { name, path: from }: FileToKeep): Promise<BackupFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  const counting = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const options = { mode: 0o100600, compress: !isSealed(name), mtime: statSync(from).mtime };
  zip.addReadStream(counting, name, options);
  await pipeline(createReadStream(from), counting, { end: true });
  return { name, bytes, sha256: hash.digest("hex") };
}

/** Encrypted already: it would not become smaller. */
function isSealed(name: string): boolean {
  return /\/segments\//.test(name);
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
