/**
 * The key that permits are signed with. It never leaves this process's data folder; a new one
 * only voids permits that nobody has used yet, so it may be deleted at any time.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { checkPrivateFile } from "../store/data-folder.ts";

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * Reads the key, or makes it (Ed25519, PKCS #8 in PEM, 0600).
 * @throws DataFolderRefused if others than its owner can read it
 */
export function loadSigningKey(path: string): SigningKey {
  if (!existsSync(path)) writeKey(path);
  checkPrivateFile(path);
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== "ed25519") {
    throw new Error(`${path} holds no Ed25519 key: delete it, a new one is made at start`);
  }
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Under another name first: a crash here leaves no half key in its place. */
function writeKey(path: string): void {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", 0o600);
  try {
    writeSync(file, pem.toString());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}
