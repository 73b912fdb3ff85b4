/** Who signs checkpoints: a key in a file here; a token or a process of its own behind the same type. */
import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { VerifyEd25519 } from "../../../protocols/log/note.ts";
import { loadSigningKey } from "../../access/signing-key.ts";

export interface LogSigner {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Answers the 64 bytes of an Ed25519 signature (RFC 8032). Rejects with `SignerAway`.
   * @param proveFrom answers the proof that the checkpoint goes on from one of this size; asked by
   *   a signer that keeps what it has signed
   */
  sign(message: Uint8Array, proveFrom?: ProveFrom): Promise<Uint8Array>;
}

export type ProveFrom = (size: number) => Promise<readonly Uint8Array[]>;

/** Nobody signs now; the leaves are kept all the same, and are signed for later. */
export class SignerAway extends Error {
  override readonly name = "SignerAway";
}

/** The keys of a site's logs, by the numbers of the logs. */
export interface LogKeys {
  /** Makes the key if it was never there. Rejects with `SignerAway`. */
  open(number: number): Promise<LogSigner>;
  /** For good. Nothing happens if it is not there. Rejects with `SignerAway`. */
  destroy(number: number): Promise<void>;
  /** Whether there is something to destroy. */
  has(number: number): Promise<boolean>;
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

/** The 32 bytes of an Ed25519 key in PEM or DER. */
export function rawPublicKey(bytes: Uint8Array): Uint8Array {
  const isPem = bytes[0] === 0x2d;
  const key = isPem
    ? createPublicKey(Buffer.from(bytes))
    : createPublicKey({ key: Buffer.from(bytes), format: "der", type: "spki" });
  if (key.asymmetricKeyType !== "ed25519") throw new Error("it is not an Ed25519 key");
  return rawKey(key);
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
