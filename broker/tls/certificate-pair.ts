/** A certificate with its key, checked to be of use for the names that people type. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { checkPrivateFile, DataFolderRefused } from "../store/data-folder.ts";

export class CertificateRefused extends Error {
  override readonly name = "CertificateRefused";
}

export interface CertificatePair {
  /** PEM: the certificate and those between it and its root. */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
  /** What clients accept it for, as subjectAltName has it. */
  readonly names: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
}

/** A chain has a handful; more is the wrong file. */
const FILE_BYTES_MAX = 262_144;

/**
 * @param hosts every one must be covered, `*.` in front of one asks for a wildcard
 * @throws CertificateRefused with one line that says what to do
 */
export function readPair(
  certificateFile: string,
  keyFile: string,
  hosts: readonly string[],
): CertificatePair {
  const certificate = readText(certificateFile, "certificate");
  checkKeyFile(keyFile);
  const pair = pairOf(certificate, readText(keyFile, "key"), certificateFile, keyFile);
  checkHosts(pair, certificateFile, hosts);
  return pair;
}

/** @throws CertificateRefused where the two do not belong together */
export function pairOf(
  certificate: string,
  key: string,
  certificateFile: string,
  keyFile: string,
): CertificatePair {
  const first = parsed(certificate, certificateFile);
  if (!first.checkPrivateKey(privateKey(key, keyFile))) {
    throw new CertificateRefused(`${keyFile} is not the key of the certificate ${certificateFile}`);
  }
  return {
    certificate,
    key,
    names: first.subjectAltName ?? "",
    notBeforeMs: Date.parse(first.validFrom),
    notAfterMs: Date.parse(first.validTo),
    fingerprint: first.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Whether browsers would accept it for the name. */
export function covers({ certificate }: CertificatePair, host: string): boolean {
  // For a wildcard: whether any name below it would be accepted.
  const name = host.replace(/^\*\./, "sessionsession.");
  return new X509Certificate(certificate).checkHost(name, { subject: "never" }) !== undefined;
}

function checkHosts(pair: CertificatePair, file: string, hosts: readonly string[]): void {
  const missing = hosts.filter((host) => !covers(pair, host));
  if (missing.length === 0) return;
  throw new CertificateRefused(
    `${file} is not for ${missing.join(", ")} (it is for ${pair.names || "no name"}): browsers would refuse it`,
  );
}

function readText(file: string, what: string): string {
  try {
    if (statSync(file).size > FILE_BYTES_MAX) throw new Error("it is too large");
    return readFileSync(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(",")[0] : String(error);
    throw new CertificateRefused(`the ${what} ${file} cannot be read: ${reason}`);
  }
}

function checkKeyFile(file: string): void {
  try {
    checkPrivateFile(file);
  } catch (error) {
    if (error instanceof DataFolderRefused) throw new CertificateRefused(error.message);
    throw new CertificateRefused(`the key ${file} cannot be read`);
  }
}

function parsed(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateRefused(`${file} holds no certificate in PEM`);
  }
}

function privateKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CertificateRefused(`${file} holds no private key in PEM without a passphrase`);
  }
}
