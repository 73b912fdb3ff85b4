/** Who signs checkpoints: a key in a file here; a token or a process of its own behind the same type. */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { VerifyEd25519 } from "../../../protocols/log/note.ts";
import { loadSigningKey } from "../../access/signing-key.ts";

export interface LogSigner {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Answers the 64 bytes of an Ed25519 signature (RFC 8032). */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * Signs with the key in this file (PKCS #8 in PEM, 0600), which is made if it is not there.
 * @throws DataFolderRefused if others than its owner can read it
 */
export function openFileSigner(path: string): LogSigner {
  const { privateKey, publicKey } = loadSigningKey(path);
  return {
    publicKey: rawKey(publicKey),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}

/** An Ed25519 key in its SubjectPublicKeyInfo is these bytes and then the key (RFC 8410). */
const KEY_INFO = Buffer.from("302a300506032b6570032100", "hex");

function rawKey(key: KeyObject): Uint8Array {
  const info = key.export({ format: "der", type: "spki" });
  return new Uint8Array(info.subarray(KEY_INFO.length));
}

export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const info = Buffer.concat([KEY_INFO, publicKey]);
  const key = createPublicKey({ key: info, format: "der", type: "spki" });
  return verify(null, message, key, signature);
};
