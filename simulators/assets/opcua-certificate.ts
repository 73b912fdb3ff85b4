/**
 * The certificate of the simulated OPC UA server: made once without any other program, then kept,
 * so that a thumbprint that was pinned stays right from one start to the next.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CertificatePurpose,
  createSelfSignedCertificate,
  generateKeyPair,
  privateKeyToPEM,
} from "node-opcua-crypto";

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

const KEY_BITS = 2048;
const DAY_MS = 86_400_000;
const VALID_DAYS = 3_650;

/** @param folder made where it is missing */
export async function keptCertificate(folder: string, uri: string): Promise<CertificateFiles> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const certificateFile = join(folder, "certificate.pem");
  const privateKeyFile = join(folder, "private-key.pem");
  if (existsSync(certificateFile)) return { certificateFile, privateKeyFile };
  const { privateKey } = await generateKeyPair(KEY_BITS);
  const { cert } = await createSelfSignedCertificate({
    privateKey,
    applicationUri: uri,
    subject: "CN=Water plant simulator/O=Waterworks Nord",
    dns: ["localhost"],
    ip: ["127.0.0.1"],
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
    purpose: CertificatePurpose.ForApplication,
  });
  write(privateKeyFile, (await privateKeyToPEM(privateKey)).privPem);
  // Last: where the certificate is, the key is too.
  write(certificateFile, cert);
  return { certificateFile, privateKeyFile };
}

function write(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
