/**
 * What an auditor does with a kept assertion: `node:crypto` and the standards, none of our code
 * and no library. WebAuthn section 7.2; COSE keys of RFC 9053 section 7 and RFC 8230 section 4.
 */
import { createHash, createPublicKey, type JsonWebKey, verify } from "node:crypto";

/** As the broker keeps it. */
export interface KeptAssertion {
  readonly text: string;
  readonly rpId: string;
  readonly publicKey: string;
  readonly clientDataJson: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

const USER_PRESENT_AND_VERIFIED = 0x05;

/** Whether the person's key signed exactly this text, for this site, having been verified. */
export function verifiesOffline(kept: KeptAssertion): boolean {
  const clientData = Buffer.from(kept.clientDataJson, "base64url");
  const authenticatorData = Buffer.from(kept.authenticatorData, "base64url");
  const said = JSON.parse(clientData.toString("utf8")) as { type: string; challenge: string };
  if (said.type !== "webauthn.get") return false;
  if (said.challenge !== sha256(Buffer.from(kept.text)).toString("base64url")) return false;
  if (!authenticatorData.subarray(0, 32).equals(sha256(Buffer.from(kept.rpId)))) return false;
  const flags = (authenticatorData[32] ?? 0) & USER_PRESENT_AND_VERIFIED;
  if (flags !== USER_PRESENT_AND_VERIFIED) return false;
  const jwk = jwkOf(Buffer.from(kept.publicKey, "base64url"));
  const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
  const digest = jwk.kty === "OKP" ? null : "sha256";
  const key = createPublicKey({ format: "jwk", key: jwk });
  return verify(digest, signed, key, Buffer.from(kept.signature, "base64url"));
}

function jwkOf(cose: Buffer): JsonWebKey {
  const map = readMap(cose);
  const part = (label: number) => {
    const value = map.get(label);
    return Buffer.isBuffer(value) ? value.toString("base64url") : "";
  };
  if (map.get(1) === 3) return { kty: "RSA", n: part(-1), e: part(-2) };
  if (map.get(1) === 1) return { kty: "OKP", crv: "Ed25519", x: part(-2) };
  return { kty: "EC", crv: "P-256", x: part(-2), y: part(-3) };
}

/** A CBOR map of integers to integers and byte strings (RFC 8949): all that a COSE key holds. */
function readMap(bytes: Buffer): Map<number, number | Buffer> {
  let at = 0;
  const head = () => {
    const first = bytes[at++] ?? 0;
    const short = first & 31;
    const size = short < 24 ? 0 : 2 ** (short - 24);
    const value = size === 0 ? short : bytes.readUIntBE(at, size);
    at += size;
    return { major: first >> 5, value };
  };
  const item = () => {
    const { major, value } = head();
    if (major === 0) return value;
    if (major === 1) return -1 - value;
    at += value;
    return bytes.subarray(at - value, at);
  };
  const map = new Map<number, number | Buffer>();
  for (let left = head().value; left > 0; left--) map.set(Number(item()), item());
  return map;
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
