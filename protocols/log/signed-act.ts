/**
 * What somebody signed with a passkey, as a leaf of the site log keeps it (kind `action.signed`):
 * WebAuthn section 7.2 without the signature itself, which the caller checks with what it has.
 */
import { encodeUtf8, readUtf8 } from "../tape/utf8.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import type { JsonValue } from "./canonical-json.ts";
import { type Sha256, sameHash } from "./merkle.ts";

/** A public key in the words of RFC 7517. */
export type ActKey =
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  | { readonly kty: "RSA"; readonly n: string; readonly e: string };

export interface SignedAct {
  /** Canonical JSON of what was agreed to. */
  readonly text: string;
  readonly key: ActKey;
  /** What the key has signed. */
  readonly message: Uint8Array;
  /** ECDSA's is in DER. */
  readonly signature: Uint8Array;
}

const HASH = 32;
const PRESENT_AND_VERIFIED = 0x05;

/** Why it is none, in words, unless everything but the signature holds. */
export function readSignedAct(leaf: JsonValue, sha256: Sha256): SignedAct | string {
  const parts = partsOf(leaf);
  if (!parts) return "it lacks a part of a signed act";
  const { text, rpId, clientData, authenticatorData, signature } = parts;
  const said = parseClientData(clientData);
  if (said?.type !== "webauthn.get") return "the client data is not of an assertion";
  if (said.challenge !== toBase64Url(sha256(encodeUtf8(text)))) {
    return "what was signed is not the text that stands here";
  }
  if (!sameHash(authenticatorData.subarray(0, HASH), sha256(encodeUtf8(rpId)))) {
    return "it was signed for another site";
  }
  const flags = (authenticatorData[HASH] ?? 0) & PRESENT_AND_VERIFIED;
  if (flags !== PRESENT_AND_VERIFIED) return "the person was not verified when it was signed";
  const key = keyOf(parts.publicKey);
  if (!key) return "its key is of no kind that passkeys here may have";
  const digest = sha256(clientData);
  const message = new Uint8Array(authenticatorData.length + digest.length);
  message.set(authenticatorData);
  message.set(digest, authenticatorData.length);
  return { text, key, message, signature };
}

interface Parts {
  readonly text: string;
  readonly rpId: string;
  readonly publicKey: Uint8Array;
  readonly clientData: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
}

function partsOf(leaf: JsonValue): Parts | undefined {
  if (typeof leaf !== "object" || leaf === null) return undefined;
  const member = (name: string) => (leaf as { readonly [key: string]: unknown })[name];
  const bytes = (name: string) => fromBase64Url(member(name));
  const [text, rpId] = [member("text"), member("rpId")];
  const [publicKey, clientData] = [bytes("publicKey"), bytes("clientDataJson")];
  const [authenticatorData, signature] = [bytes("authenticatorData"), bytes("signature")];
  if (typeof text !== "string" || typeof rpId !== "string") return undefined;
  if (!publicKey || !clientData || !authenticatorData || !signature) return undefined;
  return { text, rpId, publicKey, clientData, authenticatorData, signature };
}

function parseClientData(bytes: Uint8Array): { type: unknown; challenge: unknown } | undefined {
  const text = readUtf8(bytes, 0, bytes.length);
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value !== "object" || value === null) return undefined;
    return { type: memberOf(value, "type"), challenge: memberOf(value, "challenge") };
  } catch {
    return undefined;
  }
}

function memberOf(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** COSE keys of RFC 9053 section 7 and RFC 8230 section 4. */
function keyOf(cose: Uint8Array): ActKey | undefined {
  const map = readCoseMap(cose);
  const part = (label: number) => {
    const value = map?.get(label);
    return value instanceof Uint8Array ? toBase64Url(value) : "";
  };
  const kind = map?.get(1);
  if (kind === 2 && map?.get(-1) === 1) {
    return { kty: "EC", crv: "P-256", x: part(-2), y: part(-3) };
  }
  if (kind === 1 && map?.get(-1) === 6) return { kty: "OKP", crv: "Ed25519", x: part(-2) };
  if (kind === 3) return { kty: "RSA", n: part(-1), e: part(-2) };
  return undefined;
}

/** A COSE key has four or five members. */
const MEMBERS_MAX = 16;

/** A CBOR map of integers to integers and byte strings (RFC 8949); undefined for anything else. */
function readCoseMap(bytes: Uint8Array): Map<number, number | Uint8Array> | undefined {
  let at = 0;
  const head = () => {
    const first = bytes[at] ?? 0xff;
    at += 1;
    const short = first & 31;
    if (short > 26) return undefined;
    let value = short < 24 ? short : 0;
    for (let left = short < 24 ? 0 : 2 ** (short - 24); left > 0; left -= 1, at += 1) {
      value = value * 256 + (bytes[at] ?? 0);
    }
    return { major: first >> 5, value };
  };
  const item = (): number | Uint8Array | undefined => {
    const start = head();
    if (start?.major === 0) return start.value;
    if (start?.major === 1) return -1 - start.value;
    if (start?.major !== 2 || at + start.value > bytes.length) return undefined;
    at += start.value;
    return bytes.subarray(at - start.value, at);
  };
  const start = head();
  if (start?.major !== 5 || start.value > MEMBERS_MAX) return undefined;
  const map = new Map<number, number | Uint8Array>();
  for (let left = start.value; left > 0; left -= 1) {
    const [key, value] = [item(), item()];
    if (typeof key !== "number" || value === undefined) return undefined;
    map.set(key, value);
  }
  return map;
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text)) return undefined;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
}
