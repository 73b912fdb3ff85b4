/**
 * What a segment goes through between memory and disk. Hashes are taken over the sealed bytes,
 * so that a step added here (encryption to the site's key and the auditors') comes under them.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompressSync, zstdDecompress } from "node:zlib";
import { SEGMENT_PLAIN_MAX } from "./limits.ts";

/** Name of the steps, as the manifest gives it. */
export const SEALED_AS = "zstd";

const decompress = promisify(zstdDecompress);

/** Runs in the sealing thread. */
export function seal(plain: Uint8Array): Uint8Array {
  return zstdCompressSync(plain);
}

/** Throws if the bytes are not a sealed segment, or one that is absurdly large. */
export async function unseal(sealed: Uint8Array): Promise<Uint8Array> {
  return decompress(sealed, { maxOutputLength: SEGMENT_PLAIN_MAX });
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
