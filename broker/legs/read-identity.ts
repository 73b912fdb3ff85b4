/** Reads what an asset shows as its identity: hostile bytes into a fingerprint and harmless words. */
import { createHash, X509Certificate } from "node:crypto";
import type { ShownCertificate, ShownIdentity } from "../plant/shown-identity.ts";
import { plainText } from "../store/plain-text.ts";

/** Of each name in a certificate, in characters. */
const NAME_MAX = 400;
/** `ecdsa-sha2-nistp521-cert-v01@openssh.com` is among the longest. */
const ALGORITHM_MAX = 64;

/** @param blob the public key in the form of RFC 4253, section 6.6 */
export function shownHostKey(blob: Uint8Array, address: string): ShownIdentity {
  const key = Buffer.from(blob);
  const digest = createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
  const md5 = colons(createHash("md5").update(key).digest("hex")).toLowerCase();
  return {
    ...{ kind: "ssh-host-key", fingerprint: `SHA256:${digest}`, address },
    algorithm: hostKeyAlgorithm(key),
    alsoWritten: [{ as: "MD5, as old devices print it", text: `MD5:${md5}` }],
  };
}

/** @param der the certificate alone, without its chain */
export function shownCertificate(
  kind: "opcua-certificate" | "tls-certificate",
  der: Uint8Array,
  address: string,
): ShownIdentity {
  const sha256 = createHash("sha256").update(der).digest("hex");
  const sha1 = createHash("sha1").update(der).digest("hex").toUpperCase();
  const read = readCertificate(der);
  return {
    ...{ kind, fingerprint: sha256, address },
    algorithm: read?.algorithm ?? "cannot be read",
    alsoWritten: [
      { as: "SHA-256, as openssl x509 -fingerprint -sha256 prints it", text: colons(sha256) },
      kind === "opcua-certificate"
        ? { as: "Thumbprint (SHA-1), as OPC UA tools show it", text: sha1 }
        : { as: "SHA-1, as older browsers and tools show it", text: colons(sha1) },
    ],
    ...(read && { certificate: read.certificate }),
  };
}

function colons(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

function hostKeyAlgorithm(key: Buffer): string {
  const [name, rest] = fieldOf(key);
  const algorithm = plainText(name.toString("latin1"), ALGORITHM_MAX);
  if (algorithm !== "ssh-rsa") return algorithm;
  const [, afterExponent] = fieldOf(rest);
  const [modulus] = fieldOf(afterExponent);
  const first = modulus.findIndex((byte) => byte !== 0);
  if (first < 0) return algorithm;
  const bits = (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24;
  return `${algorithm} ${bits} bit`;
}

/** A string of SSH and what follows it; empty where there is none. */
function fieldOf(from: Buffer): [field: Buffer, rest: Buffer] {
  const none = Buffer.alloc(0);
  if (from.length < 4) return [none, none];
  const end = 4 + from.readUInt32BE(0);
  return end > from.length ? [none, none] : [from.subarray(4, end), from.subarray(end)];
}

interface ReadCertificate {
  readonly algorithm: string;
  readonly certificate: ShownCertificate;
}

/** What no reader of certificates understands is still a fingerprint. */
function readCertificate(der: Uint8Array): ReadCertificate | undefined {
  try {
    const read = new X509Certificate(Buffer.from(der));
    const { asymmetricKeyType, asymmetricKeyDetails } = read.publicKey;
    const bits = asymmetricKeyDetails?.modulusLength;
    const size = bits === undefined ? (asymmetricKeyDetails?.namedCurve ?? "") : `${bits} bit`;
    return {
      algorithm: `${(asymmetricKeyType ?? "unknown").toUpperCase()} ${size}`.trim(),
      certificate: {
        subject: nameOf(read.subject),
        issuer: nameOf(read.issuer),
        names: plainText(read.subjectAltName ?? "", NAME_MAX),
        validFromMs: read.validFromDate.getTime(),
        validUntilMs: read.validToDate.getTime(),
      },
    };
  } catch {
    return undefined;
  }
}

/** One line, the most particular part first. */
function nameOf(lines: string): string {
  return plainText(lines.split("\n").reverse().join(", "), NAME_MAX);
}
