/**
 * The broker's own application certificate, towards assets and native clients alike: made once,
 * without any other program, then kept, so that both sides know the broker again.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { StaticCertificateChainProvider } from "node-opcua-common";
import {
  CertificatePurpose,
  convertPEMtoDER,
  createSelfSignedCertificate,
  exploreCertificate,
  generateKeyPair,
  type IKeyOperations,
  makePrivateKeyFromPem,
  privateKeyToPEM,
} from "node-opcua-crypto";
import { checkPrivateFile } from "../../store/data-folder.ts";

export interface OpcuaIdentity {
  readonly applicationUri: string;
  /** DER */
  readonly certificate: Buffer;
  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  readonly thumbprint: string;
  readonly provider: StaticCertificateChainProvider;
  readonly keys: IKeyOperations;
}

const KEY_BITS = 2048;
const DAY_MS = 86_400_000;
/** A peer trusts it by hand: nobody wants to do that every year. */
const VALID_DAYS = 3_650;

/**
 * Key and certificate of this file, made where it is missing.
 * @throws DataFolderRefused if others than its owner can read it
 */
export async function loadOpcuaIdentity(file: string): Promise<OpcuaIdentity> {
  if (!existsSync(file)) await make(file);
  checkPrivateFile(file);
  const pem = readFileSync(file, "utf8");
  const key = block(pem, "PRIVATE KEY");
  const certificate = convertPEMtoDER(block(pem, "CERTIFICATE"));
  const provider = new StaticCertificateChainProvider([certificate], makePrivateKeyFromPem(key));
  return {
    applicationUri: uriIn(certificate) ?? "",
    certificate,
    thumbprint: thumbprintOf(certificate),
    provider,
    keys: provider.getKeyOperations(),
  };
}

export function thumbprintOf(certificate: Uint8Array): string {
  return createHash("sha256").update(certificate).digest("hex");
}

/** The application's URI in its certificate: peers compare it with what it says of itself. */
export function uriIn(certificate: Buffer): string | undefined {
  const { extensions } = exploreCertificate(certificate).tbsCertificate;
  const names = extensions?.subjectAltName as
    | { readonly uniformResourceIdentifier?: readonly string[] }
    | undefined;
  return names?.uniformResourceIdentifier?.[0];
}

async function make(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair(KEY_BITS);
  const host = hostname();
  const { cert } = await createSelfSignedCertificate({
    privateKey,
    applicationUri: `urn:${host}:sallyport`,
    subject: "CN=Sallyport/O=Sallyport",
    dns: [...new Set(["localhost", host])],
    ip: ["127.0.0.1"],
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + VALID_DAYS * DAY_MS),
    purpose: CertificatePurpose.ForApplication,
  });
  const { privPem } = await privateKeyToPEM(privateKey);
  writeWhole(file, `${privPem.trimEnd()}\n${cert.trimEnd()}\n`);
}

/** Under another name first: a crash here leaves no half key in its place. */
function writeWhole(file: string, text: string): void {
  const fresh = `${file}.new`;
  const opened = openSync(fresh, "w", 0o600);
  try {
    writeSync(opened, text);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  renameSync(fresh, file);
}

function block(pem: string, label: string): string {
  const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`).exec(pem);
  if (!found) throw new Error(`the file of the OPC UA certificate has no ${label}`);
  return found[0];
}
