/**
 * An authority for this site alone: it certifies the console's names where nobody else does, and
 * whatever programs the site lets in. It is constrained to the site's own host names, so that
 * whoever trusts it trusts it for nothing else (RFC 5280, 4.2.1.10).
 */
import { createHash, createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { checkPrivateFile } from "../store/data-folder.ts";
import { writeWhole } from "../write-whole.ts";
import { CertificateRefused } from "./certificate-pair.ts";

export interface CertificateOrder {
  /** SPKI in PEM. */
  readonly publicKeyPem: string;
  readonly commonName: string;
  /** Host names, within those of the site. */
  readonly dns?: readonly string[];
  /** Names of programs, such as `urn:sallyport:workload:historian`. */
  readonly uris?: readonly string[];
  readonly usage: "server" | "client";
  readonly validMs: number;
}

export interface SiteAuthority {
  /** What others trust. */
  readonly certificatePem: string;
  /** SHA-256 of its DER, lower-case hex: compared by people. */
  readonly fingerprint: string;
  readonly notAfterMs: number;
  /** @returns the certificate in PEM */
  issue(order: CertificateOrder): Promise<string>;
}

export interface AuthorityOptions {
  readonly clock: Clock;
  /** The only host names it may certify, and names below them. */
  readonly hosts: readonly string[];
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
/** People install it by hand: once in the life of an installation. */
const VALID_MS = 3_650 * DAY_MS;
/** Clocks of clients may be behind. */
const BACKDATED_MS = 3_600_000;
/** RFC 5280 allows 20 octets; 16 random ones do not meet again. */
const SERIAL_BYTES = 16;

/** Files of the authority inside the data folder. */
export function authorityFiles(dataFolder: string) {
  const folder = join(dataFolder, "tls");
  return { folder, key: join(folder, "site-ca.key"), certificate: join(folder, "site-ca.pem") };
}

/**
 * Opens the site's authority, makes it where there is none.
 * @throws CertificateRefused where it is constrained to other names, or has ended
 */
export async function openSiteAuthority(
  dataFolder: string,
  { clock, hosts }: AuthorityOptions,
): Promise<SiteAuthority> {
  const files = authorityFiles(dataFolder);
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  if (!existsSync(files.certificate)) await makeAuthority(files, clock, hosts);
  checkPrivateFile(files.key);
  const certificatePem = readFileSync(files.certificate, "utf8");
  const { X509Certificate: Certificate } = await x509();
  const certificate = new Certificate(certificatePem);
  await checkNames(certificate.rawData, hosts, files.certificate);
  if (certificate.notAfter.getTime() <= clock.wallMs()) {
    throw new CertificateRefused(
      `the site's authority ${files.certificate} has ended: move the folder away, start again, and let everybody trust the new one`,
    );
  }
  return {
    certificatePem,
    fingerprint: createHash("sha256").update(new Uint8Array(certificate.rawData)).digest("hex"),
    notAfterMs: certificate.notAfter.getTime(),
    issue: (order) => issue(files.key, certificatePem, clock, order),
  };
}

/** Loaded where a certificate is made: a start without needs none of it. */
async function x509() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

type Files = ReturnType<typeof authorityFiles>;

/** The key goes first: a crash in between makes both anew. */
async function makeAuthority(files: Files, clock: Clock, hosts: readonly string[]): Promise<void> {
  const lib = await x509();
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const name = `CN=Sallyport site authority of ${hosts[0] ?? "localhost"}`;
  const nowMs = clock.wallMs();
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: name,
    issuer: name,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + VALID_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    extensions: [
      new lib.BasicConstraintsExtension(true, 0, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.keyCertSign | lib.KeyUsageFlags.cRLSign, true),
      await lib.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await constraintsTo(hosts),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  writeWhole(files.key, lib.PemConverter.encode(pkcs8, "PRIVATE KEY"));
  writeWhole(files.certificate, `${certificate.toString("pem")}\n`);
}

/** Positive, as RFC 5280 asks. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString("hex");
}

async function constraintsTo(hosts: readonly string[]) {
  const lib = await x509();
  const { AsnConvert } = await import("@peculiar/asn1-schema");
  const asn = await import("@peculiar/asn1-x509");
  const permitted = hosts.map(
    (dNSName) => new asn.GeneralSubtree({ base: new asn.GeneralName({ dNSName }) }),
  );
  const value = new asn.NameConstraints({
    permittedSubtrees: new asn.GeneralSubtrees(permitted),
    excludedSubtrees: new asn.GeneralSubtrees(
      // A kind of name that is not mentioned would be free.
      ["0.0.0.0/0", "::/0"].map(
        (iPAddress) => new asn.GeneralSubtree({ base: new asn.GeneralName({ iPAddress }) }),
      ),
    ),
  });
  return new lib.Extension(asn.id_ce_nameConstraints, true, AsnConvert.serialize(value));
}

/** A console that moved to another name needs another authority: this one says so, not a browser. */
async function checkNames(der: ArrayBuffer, hosts: readonly string[], file: string): Promise<void> {
  const { AsnConvert } = await import("@peculiar/asn1-schema");
  const asn = await import("@peculiar/asn1-x509");
  const certificate = AsnConvert.parse(der, asn.Certificate);
  const extension = certificate.tbsCertificate.extensions?.find(
    ({ extnID }) => extnID === asn.id_ce_nameConstraints,
  );
  if (!extension) return;
  const { permittedSubtrees } = AsnConvert.parse(extension.extnValue, asn.NameConstraints);
  const within = (permittedSubtrees ?? []).map(({ base }) => base.dNSName ?? "");
  const outside = hosts.filter(
    (host) => !within.some((name) => host === name || host.endsWith(`.${name}`)),
  );
  if (outside.length === 0) return;
  throw new CertificateRefused(
    `the site's authority ${file} may only certify ${within.join(", ")}, not ${outside.join(", ")}: move its folder away, start again, and let everybody trust the new one`,
  );
}

async function issue(
  keyFile: string,
  authorityPem: string,
  clock: Clock,
  order: CertificateOrder,
): Promise<string> {
  const lib = await x509();
  const authority = new lib.X509Certificate(authorityPem);
  const pkcs8 = lib.PemConverter.decodeFirst(readFileSync(keyFile, "utf8"));
  const signingKey = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
  const publicKey = new lib.PublicKey(spkiOf(order.publicKeyPem));
  const nowMs = clock.wallMs();
  const endMs = Math.min(nowMs + order.validMs, authority.notAfter.getTime());
  const usage = order.usage === "server" ? SERVER_AUTH : CLIENT_AUTH;
  const certificate = await lib.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [order.commonName] }],
    issuer: authority.subject,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(endMs),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey,
    extensions: [
      new lib.BasicConstraintsExtension(false, undefined, true),
      new lib.KeyUsagesExtension(lib.KeyUsageFlags.digitalSignature, true),
      new lib.ExtendedKeyUsageExtension([usage]),
      new lib.SubjectAlternativeNameExtension([
        ...(order.dns ?? []).map((value) => ({ type: "dns" as const, value })),
        ...(order.uris ?? []).map((value) => ({ type: "url" as const, value })),
      ]),
      await lib.AuthorityKeyIdentifierExtension.create(authority),
      await lib.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

/** RFC 5280, 4.2.1.12. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

function spkiOf(pem: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createPublicKey(pem).export({ type: "spki", format: "der" }));
}

/** For people: pairs of digits, as browsers and openssl show it. */
export function shownFingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

/** Undefined where the site has none, or its file is not one. */
export function readAuthority(
  dataFolder: string,
): { readonly pem: string; readonly certificate: X509Certificate } | undefined {
  const { certificate: file } = authorityFiles(dataFolder);
  if (!existsSync(file)) return undefined;
  const pem = readFileSync(file, "utf8");
  return { pem, certificate: new X509Certificate(pem) };
}
