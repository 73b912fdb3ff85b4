/**
 * Opens a backup, checks all of it, and puts it in place of a site's data. Whoever made the file
 * may have been anybody: nothing counts that its list does not name, and nothing is put in place
 * before everything fits together.
 */
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { Decrypter } from "age-encryption";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { AlarmBook } from "../alarms/alarm-book.ts";
import { OF_THE_WHOLE } from "../alarms/alarm-place.ts";
import { followEvents } from "../alarms/alarms-by-event.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { DATABASE } from "../store/data-folder.ts";
import { openStore } from "../store/store.ts";
import {
  type BackupFile,
  type BackupManifest,
  BackupRefused,
  EVIDENCE,
  isBackupName,
  MANIFEST,
  parseManifest,
} from "./backup-manifest.ts";
import { checkRecordings, type RecordingsFound } from "./check-recordings.ts";
import { checkDatabase } from "./database-copy.ts";
import { checkedNote } from "./log-copy.ts";

/** A million files; the list of a larger one would not fit in memory either. */
const MANIFEST_BYTES_MAX = 256 * 1024 ** 2;

export interface OpenedBackup {
  /** Holds everything, checked. */
  readonly folder: string;
  readonly manifest: BackupManifest;
  readonly recordings: RecordingsFound;
}

/**
 * Unpacks into a new folder and checks every file, the database, the site log and what the log says
 * of the recordings.
 * @param identity text of an age key file
 * @throws BackupRefused
 */
export async function openBackup(
  file: string,
  identity: string,
  folder: string,
): Promise<OpenedBackup> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const zip = path.join(folder, "backup.zip");
  try {
    await decrypt(file, identity, zip);
    const manifest = await unpack(zip, folder);
    rmSync(zip);
    checkDatabase(path.join(folder, DATABASE));
    await checkLog(folder, manifest);
    const recordings = await checkRecordings(folder, manifest);
    return { folder, manifest, recordings };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function decrypt(file: string, identity: string, zip: string): Promise<void> {
  const decrypter = new Decrypter();
  for (const line of identity.split(/\r?\n/).map((each) => each.trim())) {
    if (line !== "" && !line.startsWith("#")) addIdentity(decrypter, line);
  }
  try {
    const sealed = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    const plain = await decrypter.decrypt(
      sealed as unknown as Exclude<Parameters<Decrypter["decrypt"]>[0], Uint8Array>,
    );
    await pipeline(
      Readable.fromWeb(plain as unknown as ReadableStream<Uint8Array>),
      createWriteStream(zip, { mode: 0o600 }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupRefused(`${file} cannot be opened with this key: ${reason}`);
  }
}

function addIdentity(decrypter: Decrypter, line: string): void {
  try {
    decrypter.addIdentity(line);
  } catch {
    throw new BackupRefused("the key file has a line that is no AGE-SECRET-KEY-1… identity");
  }
}

async function unpack(file: string, folder: string): Promise<BackupManifest> {
  const zip = await openPromise(file, {
    lazyEntries: true,
    autoClose: false,
    strictFileNames: true,
  }).catch((error: unknown) => {
    throw new BackupRefused(`it holds no zip: ${String(error)}`);
  });
  try {
    const entries = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      const { fileName } = entry;
      if (!isBackupName(fileName) || entries.has(fileName)) {
        throw new BackupRefused(`it holds ${JSON.stringify(fileName.slice(0, 100))}`);
      }
      entries.set(fileName, entry);
    }
    const manifest = await manifestOf(zip, entries);
    for (const each of manifest.files) await unpackOne(zip, entries, each, folder);
    if (entries.size !== manifest.files.length + 1) {
      throw new BackupRefused("it holds files that its list does not name");
    }
    return manifest;
  } finally {
    zip.close();
  }
}

async function manifestOf(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
  const entry = entries.get(MANIFEST);
  if (!entry || entry.uncompressedSize > MANIFEST_BYTES_MAX) {
    throw new BackupRefused("it is no backup: it has no list of its files");
  }
  const parts: Buffer[] = [];
  for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer);
  return parseManifest(Buffer.concat(parts).toString());
}

async function unpackOne(
  zip: ZipFile,
  entries: ReadonlyMap<string, Entry>,
  { name, bytes, sha256 }: BackupFile,
  folder: string,
): Promise<void> {
  const entry = entries.get(name);
  if (entry?.uncompressedSize !== bytes) throw new BackupRefused(`${name} is missing or cut`);
  const to = path.join(folder, name);
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const target = createWriteStream(to, { mode: 0o600, flags: "wx", flush: true });
  await pipeline(await zip.openReadStreamPromise(entry), hashing, target);
  if (hash.digest("hex") !== sha256) throw new BackupRefused(`${name} was changed`);
}

async function checkLog(folder: string, manifest: BackupManifest): Promise<void> {
  const note = await checkedNote(path.join(folder, "site-log")).catch((error: unknown) => {
    throw new BackupRefused(error instanceof Error ? error.message : String(error));
  });
  if (note !== manifest.checkpoint) {
    throw new BackupRefused("its site log does not end at the checkpoint that it names");
  }
}

/**
 * Puts an opened backup where the broker will look. Whatever happened since it was made is not in
 * it: that is noted as an alarm, which the site log gets at the next start.
 * @throws BackupRefused where something is there already
 */
export async function putInPlace(
  config: Config,
  { folder, manifest }: OpenedBackup,
  who: string,
  clock: Clock,
): Promise<void> {
  const { dataFolder, evidenceFolder } = config;
  mustBeEmpty(dataFolder, "the data folder");
  const evidence = path.join(folder, EVIDENCE);
  const isElsewhere = evidenceFolder !== path.join(dataFolder, EVIDENCE);
  if (isElsewhere && manifest.recordings) mustBeEmpty(evidenceFolder, "the evidence folder");
  await note(folder, manifest, who, clock);
  if (isElsewhere && existsSync(evidence)) await moveBeside(evidence, evidenceFolder);
  rmSync(dataFolder, { recursive: true, force: true });
  renameSync(folder, dataFolder);
}

export function mustBeEmpty(folder: string, what: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  throw new BackupRefused(
    `${what} ${folder} is not empty: move it away and keep it; it may hold what the backup does not`,
  );
}

async function note(folder: string, manifest: BackupManifest, who: string, clock: Clock) {
  const size = /\n(\d{1,15})\n/.exec(manifest.checkpoint)?.[1] ?? "0";
  const made = new Date(manifest.madeMs).toISOString();
  const open = manifest.openSessions.length;
  const without = open === 0 ? "" : `; ${open} recordings were still open then and are not in it`;
  const store = await openStore({ path: path.join(folder, DATABASE), clock });
  // No broker runs that would hear of the event: the alarm rings at its next start.
  const alarms = await AlarmBook.open({ store, clock, changed: () => {}, trouble: () => {} });
  store.log.onEvent(followEvents(alarms, () => OF_THE_WHOLE));
  try {
    await store.act((_queries, record) =>
      record({
        kind: "site:restored",
        priority: "alarm",
        text: `${who} put this site back to ${made}, from a backup whose log has ${size} entries: what happened after is not here${without}`,
      }),
    );
  } finally {
    await alarms.close();
    await store.close();
  }
}

/** The evidence may lie on another disk, where a rename does not reach; files stay private. */
async function moveBeside(from: string, to: string): Promise<void> {
  const { cpSync } = await import("node:fs");
  mkdirSync(to, { recursive: true, mode: 0o700 });
  cpSync(from, to, { recursive: true, force: false, errorOnExist: false });
  rmSync(from, { recursive: true });
}

/** @throws BackupRefused */
export function readIdentity(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupRefused(`the key file cannot be read: ${reason}`);
  }
}
