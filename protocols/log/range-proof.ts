/**
 * Proof that leaves stand side by side in a log, with none between them left out: the hashes of
 * the largest subtrees beside them, from left to right, with which the leaves give the root.
 *
 *     range 4096 5121
 *     gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
 */
import { fromBase64, toBase64 } from "./base64.ts";
import {
  HASH_LENGTH,
  type NodeHash,
  nodeHash,
  rangeHash,
  type Sha256,
  sameHash,
  splitOf,
} from "./merkle.ts";

export interface RangeProof {
  readonly first: number;
  /** Behind the last leaf. */
  readonly end: number;
  readonly hashes: readonly Uint8Array[];
}

/** Two a level of the tree; sizes stay below 2^53. */
const HASHES_MAX = 2 * 53;
const WHOLE = /^(?:0|[1-9]\d{0,15})$/;

export function proveRange(
  first: number,
  end: number,
  size: number,
  node: NodeHash,
  sha256: Sha256,
): RangeProof {
  const hashes: Uint8Array[] = [];
  const walk = (start: number, stop: number): void => {
    if (stop <= first || start >= end) hashes.push(rangeHash(start, stop, node, sha256));
    else if (start < first || stop > end) {
      const middle = start + splitOf(stop - start);
      walk(start, middle);
      walk(middle, stop);
    }
  };
  walk(0, size);
  return { first, end, hashes };
}

/** @param leaves their hashes, side by side. False for every proof that is not exactly right. */
export function verifyRange(
  { first, end, hashes }: RangeProof,
  leaves: Uint8Array,
  size: number,
  root: Uint8Array,
  sha256: Sha256,
): boolean {
  if (first >= end || end > size || leaves.length !== (end - first) * HASH_LENGTH) return false;
  let used = 0;
  const walk = (start: number, stop: number): Uint8Array | undefined => {
    if (stop <= first || start >= end) return hashes[used++];
    if (stop - start === 1) {
      const at = (start - first) * HASH_LENGTH;
      return leaves.subarray(at, at + HASH_LENGTH);
    }
    const middle = start + splitOf(stop - start);
    const left = walk(start, middle);
    const right = walk(middle, stop);
    return left && right && nodeHash(left, right, sha256);
  };
  const found = walk(0, size);
  return found !== undefined && used === hashes.length && sameHash(found, root);
}

export function formatRange({ first, end, hashes }: RangeProof): string {
  return `range ${first} ${end}\n${hashes.map((hash) => `${toBase64(hash)}\n`).join("")}`;
}

/** Undefined for anything that is not exactly a proof of some leaves. */
export function parseRange(text: string): RangeProof | undefined {
  if (!text.endsWith("\n")) return undefined;
  const [head = "", ...lines] = text.slice(0, -1).split("\n");
  const [word, from = "", to = "", ...more] = head.split(" ");
  if (word !== "range" || more.length > 0 || !WHOLE.test(from) || !WHOLE.test(to)) return undefined;
  const [first, end] = [Number(from), Number(to)];
  if (!Number.isSafeInteger(end) || first >= end || lines.length > HASHES_MAX) return undefined;
  const hashes = lines.flatMap((line) => {
    const hash = fromBase64(line);
    return hash?.length === HASH_LENGTH ? [hash] : [];
  });
  return hashes.length === lines.length ? { first, end, hashes } : undefined;
}
