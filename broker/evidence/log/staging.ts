/**
 * Where leaves are durable first: a file to which each group commit adds one block, before any
 * tile is written. It is named by the index of its first leaf.
 *
 *     file   "SPSTAGE1", 32 random bytes, blocks
 *     block  payload length (4), leaves (4), index of the first (8), digest (32), payload
 *
 * The payload is an entry bundle. A digest is over the one before it (the first: the random
 * bytes), the block's head and its payload: nothing that a stranger has said into an event, and
 * nothing left over from an earlier attempt, reads as a block.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { decodeEntries, encodeEntries } from "../../../protocols/log/tile.ts";
import { readWhole, type Volume, type VolumeFile } from "../volume.ts";
import { STAGING_FILE_BYTES_MAX } from "./limits.ts";
import { sha256 } from "./sha256.ts";

const MAGIC = Buffer.from("SPSTAGE1");
const NONCE_LENGTH = 32;
const FILE_HEAD = MAGIC.length + NONCE_LENGTH;
const DIGEST_AT = 16;
const BLOCK_HEAD = DIGEST_AT + 32;

export interface StagedBlock {
  readonly first: number;
  readonly entries: readonly Uint8Array[];
}

export class StagingFile {
  private readonly file: VolumeFile;
  private position = FILE_HEAD;
  private previous: Uint8Array;
  private torn = false;

  private constructor(file: VolumeFile, nonce: Uint8Array) {
    this.file = file;
    this.previous = nonce;
  }

  /**
   * A crash in here leaves a file with half a head, or a name that is not durable: it holds no
   * leaf, and recovery removes it.
   */
  static async create(volume: Volume, folder: string, first: number): Promise<StagingFile> {
    const nonce = randomBytes(NONCE_LENGTH);
    const file = await volume.open(path.join(folder, String(first)), "durable");
    try {
      await file.truncate(0);
      await file.write(Buffer.concat([MAGIC, nonce]), 0);
      await volume.syncFolder(folder);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    return new StagingFile(file, nonce);
  }

  get length(): number {
    return this.position;
  }

  /**
   * Durable once it resolves. A crash in here leaves a torn block, which recovery passes over, or
   * a whole one whose leaves were not acknowledged: they are in the log all the same.
   */
  async append(first: number, entries: readonly Uint8Array[]): Promise<void> {
    await this.mend();
    const payload = encodeEntries(entries);
    const head = blockHead(payload.length, entries.length, first);
    const digest = digestOf(this.previous, head, payload);
    const block = Buffer.concat([head, digest, payload]);
    this.torn = true;
    await this.file.write(block, this.position);
    this.torn = false;
    this.position += block.length;
    this.previous = digest;
  }

  /** Takes away what a failed append may have left, so that nothing refused comes back. */
  async mend(): Promise<void> {
    if (!this.torn) return;
    await this.file.truncate(this.position);
    await this.file.sync();
    this.torn = false;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

function blockHead(length: number, count: number, first: number): Uint8Array {
  const head = new Uint8Array(DIGEST_AT);
  const view = new DataView(head.buffer);
  view.setUint32(0, length);
  view.setUint32(4, count);
  view.setBigUint64(8, BigInt(first));
  return head;
}

function digestOf(previous: Uint8Array, head: Uint8Array, payload: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([previous, head, payload]));
}

/** Names of the staging files, oldest first. */
export async function stagingFiles(volume: Volume, folder: string): Promise<readonly number[]> {
  const names = await volume.list(folder);
  const numbers = names.filter((name) => /^(?:0|[1-9]\d{0,15})$/.test(name)).map(Number);
  return numbers.sort((a, b) => a - b);
}

/** Blocks up to the first one that is not whole: behind it nothing was acknowledged. */
export async function readStaging(
  volume: Volume,
  folder: string,
  name: number,
): Promise<readonly StagedBlock[]> {
  const bytes = await readWhole(volume, path.join(folder, String(name)), STAGING_FILE_BYTES_MAX);
  if (bytes.length < FILE_HEAD || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return [];
  const blocks: StagedBlock[] = [];
  let previous = bytes.subarray(MAGIC.length, FILE_HEAD);
  for (let at = FILE_HEAD; at + BLOCK_HEAD <= bytes.length; ) {
    const head = bytes.subarray(at, at + DIGEST_AT);
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const end = at + BLOCK_HEAD + view.getUint32(0);
    const digest = bytes.subarray(at + DIGEST_AT, at + BLOCK_HEAD);
    if (end > bytes.length) break;
    const payload = bytes.subarray(at + BLOCK_HEAD, end);
    if (!Buffer.from(digestOf(previous, head, payload)).equals(digest)) break;
    const entries = decodeEntries(payload, view.getUint32(4));
    if (entries?.length !== view.getUint32(4)) break;
    blocks.push({ first: Number(view.getBigUint64(8)), entries });
    previous = digest;
    at = end;
  }
  return blocks;
}
