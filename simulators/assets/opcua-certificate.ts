/**
 * The certificate of the simulated OPC UA server, the same on every machine and at every start:
 * made of a known key, with a fixed number and fixed dates (RFC 5280).
 */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { knownKey } from "./known-key.ts";

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

/** @param folder made where it is missing */
export function keptCertificate(folder: string, uri: string): CertificateFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const certificateFile = join(folder, "certificate.pem");
  const privateKeyFile = join(folder, "private-key.pem");
  const key = knownKey(`sallyport simulator ${uri}`);
  write(privateKeyFile, String(key.export({ format: "pem", type: "pkcs8" })));
  write(certificateFile, pemOf(certificateOf(key, uri)));
  return { certificateFile, privateKeyFile };
}

/** DER. Signed by its own key; RSASSA-PKCS1-v1_5 has no randomness. */
export function certificateOf(key: KeyObject, uri: string): Buffer {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  const name = sequence(named(OID.organization, "Waterworks Nord"), named(OID.commonName, NAME));
  const valid = sequence(tagged(UTC_TIME, FROM), tagged(UTC_TIME, UNTIL));
  const body = sequence(
    ...[tagged(0xa0, VERSION_3), SERIAL, SHA256_WITH_RSA, name, valid, name, publicKey],
    tagged(0xa3, extensions(uri)),
  );
  const signature = sign("sha256", body, key);
  return sequence(body, SHA256_WITH_RSA, tagged(BIT_STRING, Buffer.from([0]), signature));
}

const NAME = "Water plant simulator";
const FROM = "260101000000Z";
const UNTIL = "491231235959Z";

const [INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT_ID] = [0x02, 0x03, 0x04, 0x05, 0x06];
const [UTF8, SEQUENCE, SET, UTC_TIME, BOOLEAN] = [0x0c, 0x30, 0x31, 0x17, 0x01];
const OID = {
  commonName: "550403",
  organization: "55040a",
  sha256WithRsa: "2a864886f70d01010b",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extendedKeyUsage: "551d25",
  alternativeName: "551d11",
  serverAuthentication: "2b06010505070301",
  clientAuthentication: "2b06010505070302",
} as const;

const VERSION_3 = tagged(INTEGER, Buffer.from([2]));
const SERIAL = tagged(INTEGER, Buffer.from([1]));
const SHA256_WITH_RSA = sequence(objectId(OID.sha256WithRsa), tagged(NULL));
/** Digital signature, non-repudiation, key and data encipherment, as Part 6, 6.2.2 asks. */
const KEY_USAGE = tagged(BIT_STRING, Buffer.from([4, 0b1111_0000]));

/** In a SubjectAltName: a DNS name, a URI, an address. */
const [DNS, URI, ADDRESS] = [0x82, 0x86, 0x87];

function extensions(uri: string): Buffer {
  const places = sequence(
    tagged(URI, uri),
    tagged(DNS, "localhost"),
    tagged(ADDRESS, Buffer.from([127, 0, 0, 1])),
  );
  const uses = sequence(objectId(OID.serverAuthentication), objectId(OID.clientAuthentication));
  return sequence(
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, KEY_USAGE, true),
    extension(OID.extendedKeyUsage, uses),
    extension(OID.alternativeName, places),
  );
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [tagged(BOOLEAN, Buffer.from([0xff]))] : [];
  return sequence(objectId(id), ...critical, tagged(OCTET_STRING, value));
}

function named(id: string, text: string): Buffer {
  return tagged(SET, sequence(objectId(id), tagged(UTF8, text)));
}

function objectId(hex: string): Buffer {
  return tagged(OBJECT_ID, Buffer.from(hex, "hex"));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(SEQUENCE, ...parts);
}

function tagged(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").replace(/(.{64})/g, "$1\n");
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function write(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
