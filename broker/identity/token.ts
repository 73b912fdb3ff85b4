/** Secrets that a browser or a link carries. Only their SHA-256 is ever stored. */
import { createHash, randomBytes } from "node:crypto";

/** 256 bits. */
const TOKEN_BYTES = 32;

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** Lookups go by this digest, so comparing needs no constant time. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
