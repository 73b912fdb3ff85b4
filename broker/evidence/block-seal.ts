/**
 * Keeps the write-ahead unreadable on disk: AES-256-GCM over the chunks of a block, once a group
 * commit, with a key that each file has for itself. Only the site's key opens it: the key stands
 * in the file's head as an age file to the site. A file that is used again takes another key, and
 * with the old head goes all that was in it.
 *
 * The nonce is the block's position in the file. None is used twice: after a failed write nothing
 * more goes to the file.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { decryptWith, encryptTo } from "./age-file.ts";
import { BLOCK_HEAD_LENGTH } from "./block.ts";
import type { EvidenceKeys } from "./keys.ts";

const ALGORITHM = "aes-256-gcm";
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
/** By which a sealed block is longer. */
export const TAG_LENGTH = 16;

export class BlockSeal {
  private readonly key: KeyObject;
  private sealed = new Uint8Array(0);

  private constructor(key: Uint8Array) {
    this.key = createSecretKey(key);
  }

  /** With the wrapped key, for the head of a file. */
  static async make(keys: EvidenceKeys): Promise<{ seal: BlockSeal; wrapped: Uint8Array }> {
    const key = new Uint8Array(randomBytes(KEY_LENGTH));
    return { seal: new BlockSeal(key), wrapped: await encryptTo(key, [keys.site]) };
  }

  /** Throws if none of the site's keys opens it. */
  static async open(wrapped: Uint8Array, keys: EvidenceKeys): Promise<BlockSeal> {
    return new BlockSeal(await decryptWith(wrapped, keys.identities));
  }

  /**
   * The block with its payload sealed, and with room for its head. Valid until the next call:
   * there is one write at a time.
   */
  seal(block: Uint8Array, position: number): Uint8Array {
    const length = block.length + TAG_LENGTH;
    if (this.sealed.length < length) this.sealed = new Uint8Array(length * 2);
    const cipher = createCipheriv(ALGORITHM, this.key, nonceOf(position));
    this.sealed.set(cipher.update(block.subarray(BLOCK_HEAD_LENGTH)), BLOCK_HEAD_LENGTH);
    cipher.final();
    this.sealed.set(cipher.getAuthTag(), block.length);
    return this.sealed.subarray(0, length);
  }

  /** Throws if the payload is not as it was sealed. */
  open(payload: Uint8Array, position: number): Uint8Array {
    const end = payload.length - TAG_LENGTH;
    if (end < 0) throw new Error("the block is too short to be sealed");
    const decipher = createDecipheriv(ALGORITHM, this.key, nonceOf(position), {
      authTagLength: TAG_LENGTH,
    });
    decipher.setAuthTag(payload.subarray(end));
    const plain = decipher.update(payload.subarray(0, end));
    decipher.final();
    return plain;
  }
}

function nonceOf(position: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_LENGTH);
  new DataView(nonce.buffer).setUint32(NONCE_LENGTH - 4, position);
  return nonce;
}
