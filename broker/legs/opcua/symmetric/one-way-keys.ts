/**
 * What secures the chunks of one direction under one token: HMAC-SHA256 and AES-CBC, each called
 * once a chunk.
 *
 * A cipher is made once a token, not once a chunk, which costs more than what it does for a short
 * one. Every chunk begins with the token's initialization vector all the same: the sixteen bytes
 * that stay in the clear go through the cipher as a block of their own, in front of the others.
 * Decrypting, that block takes up what went before. Encrypting, it is chosen so that its result is
 * the initialization vector, which is what the next block is mixed with. Either result is as long
 * as the chunk, with room for the clear bytes where they belong.
 */
import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHmac,
  type Decipheriv,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { BLOCK, HEADER, SIGNATURE } from "./chunk-layout.ts";

/** In the bytes of a channel: never told to anybody, never written. */
export interface OneWayKeys {
  readonly signing: KeyObject;
  /** Absent where chunks are only signed. */
  readonly encryption?: { readonly key: KeyObject; readonly iv: Buffer };
}

export class Sealer {
  readonly isEncrypting: boolean;
  private readonly signing: KeyObject;
  private readonly cipher: BlockSealer | undefined;

  constructor({ signing, encryption }: OneWayKeys) {
    this.signing = signing;
    this.cipher = encryption && new BlockSealer(encryption.key, encryption.iv);
    this.isEncrypting = this.cipher !== undefined;
  }

  /**
   * @param chunk whole but for its signature; it is written over
   * @returns what leaves: the same bytes where nothing is encrypted
   */
  seal(chunk: Buffer): Buffer {
    const signed = chunk.length - SIGNATURE;
    const signature = createHmac("sha256", this.signing).update(chunk.subarray(0, signed)).digest();
    chunk.set(signature, signed);
    return this.cipher?.encrypt(chunk) ?? chunk;
  }
}

export class Opener {
  readonly isDecrypting: boolean;
  private readonly signing: KeyObject;
  private readonly cipher: BlockOpener | undefined;

  constructor({ signing, encryption }: OneWayKeys) {
    this.signing = signing;
    this.cipher = encryption && new BlockOpener(encryption.key, encryption.iv);
    this.isDecrypting = this.cipher !== undefined;
  }

  /**
   * @param chunk stays as it is. If encrypted: whole blocks
   * @returns it in the clear, signature and padding included; undefined unless the peer signed it
   */
  open(chunk: Buffer): Buffer | undefined {
    const clear = this.cipher?.decrypt(chunk) ?? chunk;
    const signed = clear.length - SIGNATURE;
    const own = createHmac("sha256", this.signing).update(clear.subarray(0, signed)).digest();
    return timingSafeEqual(own, clear.subarray(signed)) ? clear : undefined;
  }
}

class BlockSealer {
  private readonly cipher: Cipheriv;
  /** What the cipher makes the initialization vector of, if nothing went before. */
  private readonly lead: Buffer;
  private readonly header = Buffer.alloc(HEADER);
  /** The last block that left, which is mixed into the next one. */
  private before = Buffer.alloc(BLOCK);

  constructor(key: KeyObject, iv: Buffer) {
    this.cipher = createCipheriv(cbcOf(key), key, this.before).setAutoPadding(false);
    this.lead = createDecipheriv(cbcOf(key), key, this.before).setAutoPadding(false).update(iv);
  }

  encrypt(chunk: Buffer): Buffer {
    const { header, lead, before } = this;
    header.set(chunk.subarray(0, HEADER));
    for (let at = 0; at < BLOCK; at++) chunk[at] = (lead[at] ?? 0) ^ (before[at] ?? 0);
    const sealed = this.cipher.update(chunk);
    before.set(sealed.subarray(sealed.length - BLOCK));
    sealed.set(header);
    return sealed;
  }
}

class BlockOpener {
  private readonly cipher: Decipheriv;
  private readonly iv: Buffer;

  constructor(key: KeyObject, iv: Buffer) {
    this.cipher = createDecipheriv(cbcOf(key), key, iv).setAutoPadding(false);
    this.iv = iv;
  }

  decrypt(chunk: Buffer): Buffer {
    const clear = this.cipher.update(chunk);
    for (let at = 0; at < BLOCK; at++) {
      const header = chunk[at] ?? 0;
      // Mixed with the block before it, which was the header in the vector's place.
      clear[HEADER + at] = (clear[HEADER + at] ?? 0) ^ header ^ (this.iv[at] ?? 0);
      clear[at] = header;
    }
    return clear;
  }
}

function cbcOf(key: KeyObject): string {
  return key.symmetricKeySize === 16 ? "aes-128-cbc" : "aes-256-cbc";
}
