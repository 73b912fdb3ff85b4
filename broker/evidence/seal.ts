/**
 * What a segment goes through between memory and disk: taken apart (`columns.ts`), compressed,
 * then an age v1 file of its own to the site and the auditors. Hashes are taken over the sealed
 * bytes, so that whoever has no key can still tell that nothing was changed. By hand:
 * `age -d -i KEY 0.seg | zstd -d` gives the columns.
 */
import { createHash } from "node:crypto";
import { constants, type ZstdOptions, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type IsSame, packSegment, unpackSegment } from "../../protocols/tape/columns.ts";
import { decryptWith, encryptTo } from "./age-file.ts";
import type { EvidenceKeys } from "./keys.ts";
import { SEGMENT_PLAIN_MAX } from "./limits.ts";

/** Names of the steps, as the manifest gives them. `zstd` alone is what version 1 did. */
export const SEALED_AS = "columns+zstd+age";
export const SEALED_PLAINLY = "zstd";

const AGE_MAGIC = Buffer.from("age-encryption.org/v1\n");

/** How the segments of one recording are sealed: all alike, whichever run seals them. */
export interface SealedTo {
  readonly sealedAs: string;
  /** Public `age1…`; none where `sealedAs` names no encryption. */
  readonly recipients: readonly string[];
}

export function sealedTo(keys: EvidenceKeys): SealedTo {
  return { sealedAs: SEALED_AS, recipients: [...new Set([keys.site, ...keys.auditors])] };
}

/**
 * Measured over hours of polling: a third less than the default, at 10 ms of the sealing thread
 * for a MiB. Still higher levels cost ten times that and save little.
 */
const LEVEL = 9;
/** Times are nearly noise: columns of them become smaller so than by looking longer, in a fifth of the time. */
const TIMES_LEVEL = 1;
/** For pictures, which the asset compressed: more takes a tenth of a second for a MiB, for nothing. */
export const PICTURE_LEVEL = 1;

/** Runs in the sealing thread. Never the same bytes twice: each file has a key of its own. */
export async function seal(plain: Uint8Array, to: SealedTo, level = LEVEL): Promise<Uint8Array> {
  if (to.sealedAs === SEALED_PLAINLY) return zstdCompressSync(plain);
  return encryptTo(compress(packSegment(plain, isSame), level), to.recipients);
}

/** Of content that passes, a comparison byte by byte takes longer than all else of sealing it. */
const isSame: IsSame = (bytes, start, end, other, at) => {
  const run = other.subarray(at, at + end - start);
  return Buffer.compare(bytes.subarray(start, end), run) === 0;
};

/**
 * Throws if the bytes are not a sealed segment, one that none of the keys opens, or one that is
 * absurdly large.
 */
export async function openSealed(
  sealed: Uint8Array,
  identities: readonly string[],
): Promise<Uint8Array> {
  const isAge = AGE_MAGIC.every((byte, i) => sealed[i] === byte);
  const compressed = isAge ? await decryptWith(sealed, identities) : sealed;
  const packed = decompress(compressed);
  const plain = unpackSegment(packed, SEGMENT_PLAIN_MAX);
  if (plain === undefined) throw new Error("the segment's columns do not fit together");
  return plain;
}

/**
 * A frame of zstd for each part, and before them a skippable one (RFC 8878, 3.1.2) that says how
 * long each is: the zstd command passes it over and gives all parts, one behind the other.
 */
const SKIPPABLE = 0x184d2a5e;
const SKIPPABLE_HEAD = 8;
/** More than any segment has. */
const FRAMES_MAX = 64;

/** Of a segment of content: its few times take less in one frame than each column in its own. */
const FEW_BYTES = 2_048;

function compress(parts: readonly Uint8Array[], level: number): Uint8Array {
  const body = parts.at(-1);
  const times = parts.slice(0, -1);
  const isFew = times.reduce((sum, { length }) => sum + length, 0) <= FEW_BYTES;
  const frames = [...(isFew ? [Buffer.concat(times)] : times), body ?? NO_BYTES]
    .filter((part) => part.length > 0)
    .map((part) => zstdCompressSync(part, atLevel(part === body ? level : TIMES_LEVEL)));
  const head = Buffer.alloc(SKIPPABLE_HEAD + 4 * frames.length);
  head.writeUInt32LE(SKIPPABLE, 0);
  head.writeUInt32LE(4 * frames.length, 4);
  frames.forEach((frame, i) => {
    head.writeUInt32LE(frame.length, SKIPPABLE_HEAD + 4 * i);
  });
  return Buffer.concat([head, ...frames]);
}

const NO_BYTES = new Uint8Array(0);

function atLevel(level: number): ZstdOptions {
  return { params: { [constants.ZSTD_c_compressionLevel]: level } };
}

/** All in this turn: whoever opens has a thread of its own, and to hand seven parts to another costs more. */
function decompress(compressed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength);
  if (bytes.length < SKIPPABLE_HEAD || bytes.readUInt32LE(0) !== SKIPPABLE) {
    return zstdDecompressSync(compressed, { maxOutputLength: SEGMENT_PLAIN_MAX });
  }
  const count = bytes.readUInt32LE(4) / 4;
  if (!(count <= FRAMES_MAX)) throw new Error("the segment has too many parts");
  const parts: Uint8Array[] = [];
  let at = SKIPPABLE_HEAD + 4 * count;
  let left = SEGMENT_PLAIN_MAX;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(SKIPPABLE_HEAD + 4 * i);
    const frame = bytes.subarray(at, at + length);
    const part = zstdDecompressSync(frame, { maxOutputLength: left });
    parts.push(part);
    left -= part.length;
    at += length;
  }
  return Buffer.concat(parts);
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
