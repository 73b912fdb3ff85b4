/**
 * Headers of age v1 files (C2SP age) to X25519 recipients: the key of a file, wrapped for each.
 *
 *     age-encryption.org/v1
 *     -> X25519 <public key of a pair made for this file>
 *     <the file key, under HKDF-SHA-256 of the shared secret>
 *     --- <HMAC-SHA-256 over all before it, under HKDF-SHA-256 of the file key>
 */
import {
  createCipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";

/** Whom a file can be sealed to. */
export interface X25519Recipient {
  readonly raw: Uint8Array;
  readonly key: KeyObject;
}

const FILE_KEY_LENGTH = 16;
const KEY_LENGTH = 32;
const NOTHING = new Uint8Array(0);
/** A wrapping key wraps one file key. */
const WRAP_NONCE = new Uint8Array(12);
/** A site and its auditors, whose texts were checked when they were configured. */
const KNOWN_MAX = 64;
const known = new Map<string, X25519Recipient>();

/** Undefined for a recipient of another kind. */
export function x25519Recipient(text: string): X25519Recipient | undefined {
  const found = known.get(text);
  if (found !== undefined) return found;
  const raw = rawKey(text);
  if (raw === undefined) return undefined;
  const der = Buffer.concat([KEY_INFO, raw]);
  const recipient = { raw, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, recipient);
  return recipient;
}

/** A new header with the key that it wraps: for one file, never for a second. */
export function headerTo(recipients: readonly X25519Recipient[]): {
  header: Uint8Array;
  fileKey: Uint8Array;
} {
  const fileKey = randomBytes(FILE_KEY_LENGTH);
  const stanzas = recipients.map((recipient) => stanzaTo(recipient, fileKey));
  const body = `age-encryption.org/v1\n${stanzas.join("")}---`;
  const key = Buffer.from(hkdfSync("sha256", fileKey, NOTHING, "header", KEY_LENGTH));
  const mac = createHmac("sha256", key).update(body).digest();
  return { header: Buffer.from(`${body} ${base64(mac)}\n`), fileKey };
}

function stanzaTo({ raw, key }: X25519Recipient, fileKey: Uint8Array): string {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const share = publicKey.export({ format: "der", type: "spki" }).subarray(KEY_INFO.length);
  const secret = diffieHellman({ privateKey, publicKey: key });
  const salt = Buffer.concat([share, raw]);
  const info = "age-encryption.org/v1/X25519";
  const wrapping = Buffer.from(hkdfSync("sha256", secret, salt, info, KEY_LENGTH));
  const cipher = createCipheriv("chacha20-poly1305", wrapping, WRAP_NONCE, { authTagLength: 16 });
  const wrapped = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
  return `-> X25519 ${base64(share)}\n${base64(wrapped)}\n`;
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

/** An X25519 key in its SubjectPublicKeyInfo is these bytes and then the key (RFC 8410). */
const KEY_INFO = Buffer.from("302a300506032b656e032100", "hex");
/** Bech32 (BIP 173): each character stands for five bits, and the last six are a checksum. */
const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const RECIPIENT = new RegExp(`^age1([${ALPHABET}]{52})[${ALPHABET}]{6}$`);

function rawKey(text: string): Uint8Array | undefined {
  const [, letters] = RECIPIENT.exec(text) ?? [];
  if (letters === undefined) return undefined;
  let bits = 0n;
  for (const letter of letters) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(letter));
  // 52 characters are four bits more than a key.
  return Buffer.from((bits >> 4n).toString(16).padStart(2 * KEY_LENGTH, "0"), "hex");
}
