/**
 * What the active broker shows to those that wait: of a key that is made at its start and never
 * written down. It counts because it was published, not by its name or its days: machines whose
 * clocks disagree still know each other.
 */
import { randomBytes } from "node:crypto";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const FROM = new Date("2000-01-01T00:00:00Z");
const UNTIL = new Date("2099-12-31T00:00:00Z");
const SERIAL_BYTES = 16;

/** Both PEM. */
export interface PeerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export async function makePeerCertificate(): Promise<PeerCertificate> {
  await import("reflect-metadata");
  const { PemConverter, X509CertificateGenerator } = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = randomBytes(SERIAL_BYTES);
  // RFC 5280, 4.1.2.2: positive.
  serial[0] = (serial[0] ?? 0) & 0x7f || 1;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString("hex"),
    name: "CN=Sallyport active broker",
    ...{ notBefore: FROM, notAfter: UNTIL, signingAlgorithm: ALGORITHM, keys },
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
}
