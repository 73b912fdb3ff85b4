/**
 * The key of the index: made at random, kept in `key` beside the index, sealed to the site's key
 * as an age file. Without the site's key nothing of the index can be read; and since all of it is
 * derived, losing its own key costs nothing but the time to make it again.
 *
 * Each recording has a key of its own, derived from this one.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { decryptWith, encryptTo } from "../age-file.ts";
import type { EvidenceKeys } from "../keys.ts";

const KEY_LENGTH = 32;

export class IndexKey {
  private readonly key: Uint8Array;

  constructor(key: Uint8Array) {
    this.key = key;
  }

  of(session: string): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.key, "", `sallyport search ${session}`, 32));
  }
}

/** Opens the key, or makes another; what was sealed with one that is lost is removed. */
export async function openIndexKey(folder: string, keys: EvidenceKeys): Promise<IndexKey> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, "key");
  const known = existsSync(file) ? await open(readFileSync(file), keys) : undefined;
  if (known !== undefined) return new IndexKey(known);
  for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
  const key = randomBytes(KEY_LENGTH);
  writeInPlace(file, await encryptTo(key, [keys.site]));
  return new IndexKey(key);
}

async function open(sealed: Uint8Array, keys: EvidenceKeys): Promise<Uint8Array | undefined> {
  try {
    const key = await decryptWith(sealed, keys.identities);
    return key.length === KEY_LENGTH ? key : undefined;
  } catch {
    return undefined;
  }
}

function writeInPlace(file: string, bytes: Uint8Array): void {
  const opened = openSync(`${file}.tmp`, "w", 0o600);
  try {
    writeSync(opened, bytes);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(`${file}.tmp`, file);
}
