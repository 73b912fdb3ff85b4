/** Passwords in user tokens: encrypted for the other side's certificate, on every channel. */
import { createPublicKey } from "node:crypto";
import { extractPublicKeyFromCertificateSync, type IKeyOperations } from "node-opcua-crypto";
import { asymmetricDecryptWithKeyOps, fromURI, getCryptoFactory } from "node-opcua-secure-channel";

/** Longer is no password, and no ticket. */
const PASSWORD_MAX = 1_024;

export interface EncryptedPassword {
  readonly password: Buffer;
  readonly encryptionAlgorithm: string;
}

/**
 * OPC 10000-4, 7.40.2.2: length of password and nonce, password, nonce, encrypted in blocks.
 * Undefined where the policy encrypts nothing.
 */
export function encryptPassword(
  password: string,
  nonce: Buffer,
  policyUri: string,
  certificate: Buffer,
): EncryptedPassword | undefined {
  const crypto = getCryptoFactory(fromURI(policyUri));
  if (!crypto?.asymmetricEncryptionAlgorithm) return undefined;
  const plain = Buffer.from(password, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(plain.length + nonce.length);
  const key = createPublicKey(extractPublicKeyFromCertificateSync(certificate));
  return {
    password: crypto.asymmetricEncrypt(Buffer.concat([length, plain, nonce]), key as never),
    encryptionAlgorithm: crypto.asymmetricEncryptionAlgorithm,
  };
}

/** Undefined where it was not encrypted for us with this nonce. */
export async function decryptPassword(
  encrypted: Buffer | null,
  nonce: Buffer,
  policyUri: string,
  keys: IKeyOperations,
): Promise<string | undefined> {
  const crypto = getCryptoFactory(fromURI(policyUri));
  if (!crypto || !encrypted || encrypted.length > ENCRYPTED_MAX) return undefined;
  try {
    const block = await asymmetricDecryptWithKeyOps(crypto, encrypted, keys);
    const end = 4 + block.readUInt32LE(0);
    const passwordEnd = end - nonce.length;
    if (passwordEnd < 4 || passwordEnd - 4 > PASSWORD_MAX || end > block.length) return undefined;
    if (!block.subarray(passwordEnd, end).equals(nonce)) return undefined;
    return block.toString("utf8", 4, passwordEnd);
  } catch {
    return undefined;
  }
}

/** Some blocks of RSA: each costs a millisecond before anybody is known. */
const ENCRYPTED_MAX = 2_048;
