/**
 * VNC authentication (RFC 6143, 7.2.2): the challenge encrypted by DES under the password, each
 * byte of which is turned around. It proves little; panels have nothing else.
 */
import { createCipheriv } from "node:crypto";

const KEY_LENGTH = 8;

export function answerChallenge(password: string, challenge: Uint8Array): Uint8Array {
  const key = Buffer.alloc(KEY_LENGTH);
  Buffer.from(password, "latin1").copy(key);
  for (let at = 0; at < KEY_LENGTH; at += 1) key[at] = reversed(key[at] ?? 0);
  // DES three times under one key is DES, and is there where DES alone is not.
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return new Uint8Array(Buffer.concat([cipher.update(challenge), cipher.final()]));
}

function reversed(byte: number): number {
  let turned = 0;
  for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) turned |= 0x80 >> bit;
  return turned;
}
