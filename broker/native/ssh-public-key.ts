/** What a person pastes as their public key, and whether a client holds the private half of one. */
import { createHash } from "node:crypto";
import ssh2 from "ssh2";

export interface PublicKey {
  /** Algorithm and base64. */
  readonly text: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** Cannot be registered; `message` says why and what to do. */
export class PublicKeyRefused extends Error {
  override readonly name = "PublicKeyRefused";
}

/** One line of 16,384 bit RSA with a long comment fits. */
export const PUBLIC_KEY_MAX = 4_096;
const RSA_BITS_MIN = 2_048;
/** DSA and everything unknown is refused; keys of FIDO tokens the library cannot verify. */
const ALGORITHMS = new Set([
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
]);

/** @throws PublicKeyRefused */
export function readPublicKey(pasted: string): PublicKey {
  const line = pasted.trim();
  if (/-----BEGIN|PuTTY-User-Key-File/.test(line)) {
    throw new PublicKeyRefused(
      "that holds a private key: never paste it anywhere. Paste the line of the .pub file, and make a new key if the private one left your machine",
    );
  }
  const [algorithm = "", base64 = ""] = line.split(/[ \t]+/);
  if (line.length > PUBLIC_KEY_MAX || /[\r\n]/.test(line) || !/^[A-Za-z0-9+/]+=*$/.test(base64)) {
    throw new PublicKeyRefused("paste one line of a .pub file: ssh-ed25519 AAAA… name");
  }
  if (!ALGORITHMS.has(algorithm)) {
    throw new PublicKeyRefused(
      "only ssh-ed25519, ecdsa-sha2 and ssh-rsa keys are taken: make one with ssh-keygen -t ed25519",
    );
  }
  const parsed = ssh2.utils.parseKey(`${algorithm} ${base64}`);
  if (parsed instanceof Error || parsed.isPrivateKey() || parsed.type !== algorithm) {
    throw new PublicKeyRefused(
      "that is no whole public key: paste the line of the .pub file again",
    );
  }
  const blob = parsed.getPublicSSH();
  if (algorithm === "ssh-rsa" && modulusBits(blob) < RSA_BITS_MIN) {
    throw new PublicKeyRefused(
      `an RSA key needs ${RSA_BITS_MIN} bits: make one with ssh-keygen -t ed25519`,
    );
  }
  return { text: `${algorithm} ${blob.toString("base64")}`, fingerprint: fingerprintOf(blob) };
}

export function fingerprintOf(blob: Uint8Array): string {
  const digest = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
  return `SHA256:${digest}`;
}

/** What the client sent: `blob` is what it signed, the session's id and the name that it asks for in it. */
export interface KeyProof {
  readonly key: { readonly algo: string; readonly data: Buffer };
  readonly signature?: Buffer | undefined;
  readonly blob?: Buffer | undefined;
  /** Of RSA; absent: SHA-1, which proves nothing any more. */
  readonly hashAlgo?: string | undefined;
}

export function isProved(publicKey: string, proof: KeyProof): boolean {
  const { key, signature, blob, hashAlgo } = proof;
  const parsed = ssh2.utils.parseKey(publicKey);
  if (parsed instanceof Error || !signature || !blob) return false;
  if (key.algo !== parsed.type || !key.data.equals(parsed.getPublicSSH())) return false;
  if (key.algo === "ssh-rsa" && hashAlgo === undefined) return false;
  return parsed.verify(blob, signature, hashAlgo) === true;
}

/** RFC 4253, 6.6: algorithm, exponent, modulus. */
function modulusBits(blob: Buffer): number {
  let at = 0;
  let field: Uint8Array = Buffer.alloc(0);
  for (let each = 0; each < 3; each += 1) {
    const length = blob.readUInt32BE(at);
    field = blob.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  const first = field.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return (field.length - first) * 8 - (Math.clz32(field[first] ?? 0) - 24);
}
