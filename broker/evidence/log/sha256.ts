/** SHA-256 in one call: half the time of a hash object for inputs as short as leaves. */
import { hash } from "node:crypto";

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

export function sha256Hex(bytes: Uint8Array): string {
  return hash("sha256", bytes, "hex");
}
