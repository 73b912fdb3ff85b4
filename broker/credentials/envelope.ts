/**
 * A secret at rest: AES-256-GCM under a data key of its own, which is wrapped under the site's
 * credential key. The endpoint's name is bound to both, so that a row copied to another endpoint
 * does not open.
 *
 *     version u8 = 1, wrapped data key (nonce 12, 32, tag 16), content (nonce 12, n, tag 16)
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const VERSION = 1;
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const WRAPPED_LENGTH = NONCE_LENGTH + KEY_LENGTH + TAG_LENGTH;

export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";
}

/** @param name what the secret belongs to */
export function sealSecret(key: Uint8Array, name: string, secret: Uint8Array): Buffer {
  const dataKey = randomBytes(KEY_LENGTH);
  const wrapped = encrypt(key, `key of ${name}`, dataKey);
  const content = encrypt(dataKey, name, secret);
  dataKey.fill(0);
  return Buffer.concat([Buffer.of(VERSION), wrapped, content]);
}

/** @throws SecretUnreadable if it was altered, belongs to another name, or another key sealed it */
export function openSecret(key: Uint8Array, name: string, sealed: Uint8Array): Buffer {
  if (sealed[0] !== VERSION || sealed.length < 1 + WRAPPED_LENGTH + NONCE_LENGTH + TAG_LENGTH) {
    throw new SecretUnreadable(`the credential of ${name} is not in a form that is known`);
  }
  try {
    const dataKey = decrypt(key, `key of ${name}`, sealed.subarray(1, 1 + WRAPPED_LENGTH));
    const secret = decrypt(dataKey, name, sealed.subarray(1 + WRAPPED_LENGTH));
    dataKey.fill(0);
    return secret;
  } catch {
    throw new SecretUnreadable(
      `the credential of ${name} cannot be opened: another key sealed it, or it was altered`,
    );
  }
}

function encrypt(key: Uint8Array, about: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_LENGTH);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, about: string, sealed: Uint8Array): Buffer {
  const end = sealed.length - TAG_LENGTH;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_LENGTH));
  decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, end)), decipher.final()]);
}
