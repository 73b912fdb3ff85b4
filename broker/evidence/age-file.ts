/**
 * Files of age v1 (C2SP age) that are whole in memory, by the machine's own ciphers. The library
 * opens their headers; to make files it goes through streams and JavaScript, which took a
 * millisecond for each and most of the time of sealing what does not compress.
 *
 *     file  = header nonce(16) chunk *
 *     chunk = up to 64 KiB, ChaCha20-Poly1305; its nonce: a count (11 bytes), and 1 for the last
 *     key   = HKDF-SHA-256 of the file key; salt: the nonce, info: "payload"
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Decrypter, Encrypter } from "age-encryption";
import { headerTo, x25519Recipient } from "./age-header.ts";

const CIPHER = "chacha20-poly1305";
const KEY_LENGTH = 32;
const NONCE_LENGTH = 16;
const CHUNK_NONCE_LENGTH = 12;
const CHUNK_LENGTH = 64 * 1024;
const TAG_LENGTH = 16;
const TAGGED = { authTagLength: TAG_LENGTH };
/** With this the last line of a header begins. */
const HEADER_END = Buffer.from("\n--- ");
const NEW_LINE = 0x0a;

export async function encryptTo(
  plain: Uint8Array,
  recipients: readonly string[],
): Promise<Uint8Array> {
  const known = recipients.map(x25519Recipient);
  const { header, fileKey } = known.every((one) => one !== undefined)
    ? headerTo(known)
    : await libraryHeader(recipients);
  const nonce = randomBytes(NONCE_LENGTH);
  const key = payloadKey(fileKey, nonce);
  const count = Math.max(1, Math.ceil(plain.length / CHUNK_LENGTH));
  const start = header.length + NONCE_LENGTH;
  const sealed = new Uint8Array(start + plain.length + count * TAG_LENGTH);
  sealed.set(header);
  sealed.set(nonce, header.length);
  for (let n = 0, at = start; n < count; n++) {
    const chunk = plain.subarray(n * CHUNK_LENGTH, (n + 1) * CHUNK_LENGTH);
    const cipher = createCipheriv(CIPHER, key, chunkNonce(n, count), TAGGED);
    sealed.set(cipher.update(chunk), at);
    cipher.final();
    sealed.set(cipher.getAuthTag(), at + chunk.length);
    at += chunk.length + TAG_LENGTH;
  }
  return sealed;
}

/** Throws if the bytes are not a whole file of age, or none of the identities opens it. */
export async function decryptWith(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const header = headerOf(sealed);
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  const fileKey = await decrypter.decryptHeader(header);
  const start = header.length + NONCE_LENGTH;
  const key = payloadKey(fileKey, sealed.subarray(header.length, start));
  const payload = sealed.subarray(start);
  const count = Math.ceil(payload.length / (CHUNK_LENGTH + TAG_LENGTH));
  const plain = new Uint8Array(Math.max(0, payload.length - count * TAG_LENGTH));
  if (count === 0) throw new Error("the file ends behind its header");
  for (let n = 0; n < count; n++) {
    const from = n * (CHUNK_LENGTH + TAG_LENGTH);
    const end = Math.min(from + CHUNK_LENGTH, payload.length - TAG_LENGTH);
    // An empty chunk stands alone: behind others it would be a second way to end a file.
    if (end < from || (end === from && n > 0)) throw new Error("the file ends within a chunk");
    const decipher = createDecipheriv(CIPHER, key, chunkNonce(n, count), TAGGED);
    decipher.setAuthTag(payload.subarray(end, end + TAG_LENGTH));
    plain.set(decipher.update(payload.subarray(from, end)), n * CHUNK_LENGTH);
    decipher.final();
  }
  return plain;
}

interface NewHeader {
  readonly header: Uint8Array;
  /** Of this file alone. */
  readonly fileKey: Uint8Array;
}

/** Recipients of another kind than X25519 are the library's: of a file it made, the header stays. */
async function libraryHeader(recipients: readonly string[]): Promise<NewHeader> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  let fileKey: Uint8Array | undefined;
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key;
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array(0));
  if (fileKey === undefined) throw new Error("the library has told no key");
  return { header: empty.subarray(0, empty.length - NONCE_LENGTH - TAG_LENGTH), fileKey };
}

function headerOf(sealed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const last = bytes.indexOf(HEADER_END);
  const end = last < 0 ? -1 : bytes.indexOf(NEW_LINE, last + HEADER_END.length);
  if (end < 0) throw new Error("the file has no whole header of age");
  return sealed.subarray(0, end + 1);
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", fileKey, nonce, "payload", KEY_LENGTH));
}

function chunkNonce(n: number, count: number): Uint8Array {
  const nonce = new Uint8Array(CHUNK_NONCE_LENGTH);
  new DataView(nonce.buffer).setUint32(CHUNK_NONCE_LENGTH - 5, n);
  nonce[CHUNK_NONCE_LENGTH - 1] = n === count - 1 ? 1 : 0;
  return nonce;
}
