/**
 * What a segment goes through between memory and disk: compressed, then an age v1 file of its own
 * to the site and the auditors. Hashes are taken over the sealed bytes, so that whoever has no key
 * can still tell that nothing was changed. By hand: `age -d -i KEY 0.seg | zstd -d`.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompressSync, zstdDecompress } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import type { EvidenceKeys } from "./keys.ts";
import { SEGMENT_PLAIN_MAX } from "./limits.ts";

/** Names of the steps, as the manifest gives them. `zstd` alone is what version 1 did. */
export const SEALED_AS = "zstd+age";
export const SEALED_PLAINLY = "zstd";

const AGE_MAGIC = Buffer.from("age-encryption.org/v1\n");

const decompress = promisify(zstdDecompress);

/** How the segments of one recording are sealed: all alike, whichever run seals them. */
export interface SealedTo {
  readonly sealedAs: string;
  /** Public `age1…`; none where `sealedAs` names no encryption. */
  readonly recipients: readonly string[];
}

export function sealedTo(keys: EvidenceKeys): SealedTo {
  return { sealedAs: SEALED_AS, recipients: [...new Set([keys.site, ...keys.auditors])] };
}

/** Runs in the sealing thread. Never the same bytes twice: each file has a key of its own. */
export async function seal(plain: Uint8Array, to: SealedTo): Promise<Uint8Array> {
  const compressed = zstdCompressSync(plain);
  return to.sealedAs === SEALED_PLAINLY ? compressed : encryptTo(compressed, to.recipients);
}

/**
 * Throws if the bytes are not a sealed segment, one that none of the keys opens, or one that is
 * absurdly large.
 */
export async function openSealed(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const isAge = AGE_MAGIC.every((byte, i) => sealed[i] === byte);
  const compressed = isAge ? await decryptWith(sealed, identities) : sealed;
  return decompress(compressed, { maxOutputLength: SEGMENT_PLAIN_MAX });
}

export function encryptTo(plain: Uint8Array, recipients: readonly string[]): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(plain);
}

export function decryptWith(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return decrypter.decrypt(sealed);
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
