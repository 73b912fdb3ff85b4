/**
 * C2SP signed-note: a text, an empty line, and signature lines.
 *
 *     site.example/log
 *     4
 *     6Wq…=
 *
 *     — site.example/log 1Pl9…=
 *
 * A signature is four bytes that name the key and the signature's own bytes, in base64. Ed25519
 * keys are algorithm 1; timestamped cosignatures of witnesses (tlog-cosignature) are algorithm 4.
 */
import { copyBytes } from "../copy-bytes.ts";
import { encodeUtf8, readUtf8 } from "../tape/utf8.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { type Sha256, sameHash } from "./merkle.ts";

export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

export const ED25519 = 1;
export const COSIGNATURE_V1 = 4;
const KEY_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
const KEY_ID_LENGTH = 4;
const TIME_LENGTH = 8;
/** A note that a stranger sends is read no further than this; ours have a few hundred bytes. */
export const NOTE_LENGTH_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const MARK = "— ";

/** A public key with its name, as written `name+1a2b3c4d+base64(algorithm ‖ key)`. */
export interface NoteKey {
  readonly name: string;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  /** First four bytes of SHA-256(name ‖ 0A ‖ algorithm ‖ key). */
  readonly id: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface Note {
  /** Ends with a line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export function noteKey(
  name: string,
  algorithm: number,
  publicKey: Uint8Array,
  sha256: Sha256,
): NoteKey {
  const named = encodeUtf8(`${name}\n`);
  const material = new Uint8Array(named.length + 1 + publicKey.length);
  material.set(named);
  material[named.length] = algorithm;
  material.set(publicKey, named.length + 1);
  return { name, algorithm, publicKey, id: copyBytes(sha256(material), 0, KEY_ID_LENGTH) };
}

export function formatKey({ name, algorithm, publicKey, id }: NoteKey): string {
  const material = new Uint8Array(1 + publicKey.length);
  material[0] = algorithm;
  material.set(publicKey, 1);
  const hex = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${name}+${hex}+${toBase64(material)}`;
}

/** Undefined unless the text is a key whose id fits it. */
export function parseKey(text: string, sha256: Sha256): NoteKey | undefined {
  const parts = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const material = parts?.[3] === undefined ? undefined : fromBase64(parts[3]);
  const algorithm = material?.[0];
  if (!parts?.[1] || !material || algorithm === undefined) return undefined;
  if (material.length !== 1 + KEY_LENGTH) return undefined;
  const key = noteKey(parts[1], algorithm, copyBytes(material, 1), sha256);
  return formatKey(key) === text ? key : undefined;
}

export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyId, bytes }) => {
    const material = new Uint8Array(keyId.length + bytes.length);
    material.set(keyId);
    material.set(bytes, keyId.length);
    return `${MARK}${name} ${toBase64(material)}\n`;
  });
  return `${text}\n${lines.join("")}`;
}

/** Undefined for anything that is not exactly a signed note. */
export function parseNote(bytes: Uint8Array): Note | undefined {
  if (bytes.length > NOTE_LENGTH_MAX) return undefined;
  const whole = readUtf8(bytes, 0, bytes.length);
  if (whole === undefined || hasControl(whole)) return undefined;
  const end = whole.lastIndexOf("\n\n");
  if (end < 0 || !whole.endsWith("\n")) return undefined;
  const lines = whole.slice(end + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.map(parseSignature);
  const known = signatures.filter((signature) => signature !== undefined);
  return known.length === lines.length
    ? { text: whole.slice(0, end + 1), signatures: known }
    : undefined;
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

function parseSignature(line: string): NoteSignature | undefined {
  const parts = /^— ([^\s+]+) (\S+)$/.exec(line);
  const material = parts?.[2] === undefined ? undefined : fromBase64(parts[2]);
  if (!parts?.[1] || !material || material.length <= KEY_ID_LENGTH) return undefined;
  return {
    name: parts[1],
    keyId: copyBytes(material, 0, KEY_ID_LENGTH),
    bytes: copyBytes(material, KEY_ID_LENGTH),
  };
}

/** Whether this key signed the note. A line of the key that does not verify makes the answer false. */
export function isSignedBy(note: Note, key: NoteKey, verify: VerifyEd25519): boolean {
  return signatureTime(note, key, verify) !== undefined;
}

/** Seconds since the epoch of a witness's cosignature; 0 for a plain signature; undefined without a good one. */
export function signatureTime(note: Note, key: NoteKey, verify: VerifyEd25519): number | undefined {
  const own = note.signatures.filter(
    ({ name, keyId }) => name === key.name && sameHash(keyId, key.id),
  );
  if (own.length === 0) return undefined;
  const times = own.map(({ bytes }) => timeIfGood(note.text, key, bytes, verify));
  return times.every((time) => time !== undefined) ? times[0] : undefined;
}

function timeIfGood(
  text: string,
  key: NoteKey,
  bytes: Uint8Array,
  verify: VerifyEd25519,
): number | undefined {
  if (key.algorithm === ED25519) {
    const good =
      bytes.length === SIGNATURE_LENGTH && verify(key.publicKey, encodeUtf8(text), bytes);
    return good ? 0 : undefined;
  }
  if (key.algorithm !== COSIGNATURE_V1 || bytes.length !== TIME_LENGTH + SIGNATURE_LENGTH) {
    return undefined;
  }
  const time = copyBytes(bytes, 0, TIME_LENGTH).reduce((sum, byte) => sum * 256 + byte, 0);
  const good = verify(key.publicKey, cosignedMessage(text, time), copyBytes(bytes, TIME_LENGTH));
  return good ? time : undefined;
}

/** What a witness signs. @param time seconds since the epoch */
export function cosignedMessage(text: string, time: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** The bytes of a witness's signature line: its time in 64 bits, then the signature. */
export function cosignatureBytes(time: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIME_LENGTH + signature.length);
  let rest = time;
  for (let at = TIME_LENGTH - 1; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(signature, TIME_LENGTH);
  return bytes;
}
