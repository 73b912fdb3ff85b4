/**
 * The Merkle tree of the site log: RFC 6962 section 2.1 hashing, and proofs as RFC 9162 section
 * 2.1.3 and 2.1.4 verify them. Sizes and indexes are whole numbers below 2^53.
 *
 * A node is named by its level (0 = leaves) and its index there; only complete nodes have names,
 * and they never change once they exist. That is what makes tiles and caches possible.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Answers the hash of a complete node; throws if the reader does not have it. */
export type NodeHash = (level: number, index: number) => Uint8Array;

export const HASH_LENGTH = 32;

export function leafHash(entry: Uint8Array, sha256: Sha256): Uint8Array {
  const prefixed = new Uint8Array(1 + entry.length);
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const joined = new Uint8Array(1 + 2 * HASH_LENGTH);
  joined[0] = 1;
  joined.set(left, 1);
  joined.set(right, 1 + HASH_LENGTH);
  return sha256(joined);
}

/** The complete nodes that make up a tree of this size, left to right. */
export function edgeOf(size: number): { readonly level: number; readonly index: number }[] {
  const nodes: { level: number; index: number }[] = [];
  let start = 0;
  for (let level = Math.floor(Math.log2(Math.max(1, size))); level >= 0; level -= 1) {
    const width = 2 ** level;
    if (size - start < width) continue;
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

export function rootOf(size: number, node: NodeHash, sha256: Sha256): Uint8Array {
  if (size === 0) return sha256(new Uint8Array(0));
  return rangeHash(0, size, node, sha256);
}

/** Hash of the subtree over leaves [start, end) as the tree of size `end` has it. */
export function rangeHash(start: number, end: number, node: NodeHash, sha256: Sha256): Uint8Array {
  const width = end - start;
  const split = splitOf(width);
  if (width === 1 || split * 2 === width) return node(Math.round(Math.log2(width)), start / width);
  return nodeHash(
    rangeHash(start, start + split, node, sha256),
    rangeHash(start + split, end, node, sha256),
    sha256,
  );
}

/** Largest power of two below `width` (1 for 1). */
export function splitOf(width: number): number {
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

/** Audit path of a leaf in the tree of this size, from the leaf upwards. */
export function inclusionProof(
  index: number,
  size: number,
  node: NodeHash,
  sha256: Sha256,
): Uint8Array[] {
  return pathOf(index, 0, size, node, sha256);
}

function pathOf(
  index: number,
  start: number,
  end: number,
  node: NodeHash,
  sha256: Sha256,
): Uint8Array[] {
  if (end - start === 1) return [];
  const middle = start + splitOf(end - start);
  return index < middle
    ? [...pathOf(index, start, middle, node, sha256), rangeHash(middle, end, node, sha256)]
    : [...pathOf(index, middle, end, node, sha256), rangeHash(start, middle, node, sha256)];
}

/** Proof that the tree of the first size is a beginning of the tree of the second. */
export function consistencyProof(
  first: number,
  second: number,
  node: NodeHash,
  sha256: Sha256,
): Uint8Array[] {
  if (first === 0 || first === second) return [];
  return subproof(first, 0, second, true, node, sha256);
}

function subproof(
  first: number,
  start: number,
  end: number,
  whole: boolean,
  node: NodeHash,
  sha256: Sha256,
): Uint8Array[] {
  if (first === end) return whole ? [] : [rangeHash(start, end, node, sha256)];
  const middle = start + splitOf(end - start);
  return first <= middle
    ? [...subproof(first, start, middle, whole, node, sha256), rangeHash(middle, end, node, sha256)]
    : [
        ...subproof(first, middle, end, false, node, sha256),
        rangeHash(start, middle, node, sha256),
      ];
}

/** RFC 9162 section 2.1.3.2. False for every proof that is not exactly right. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: Sha256,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== HASH_LENGTH) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash, sha256);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else hash = nodeHash(hash, sibling, sha256);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(hash, root);
}

/** RFC 9162 section 2.1.4.2. False for every proof that is not exactly right. */
export function verifyConsistency(
  first: number,
  second: number,
  proof: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  sha256: Sha256,
): boolean {
  if (!isSize(first) || !isSize(second) || first > second) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0;
  const path = isPowerOfTwo(first) ? [firstRoot, ...proof] : [...proof];
  let at = first - 1;
  let last = second - 1;
  while (at % 2 === 1) {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  const start = path.shift();
  if (start === undefined || start.length !== HASH_LENGTH) return false;
  let older = start;
  let newer = start;
  for (const hash of path) {
    if (last === 0 || hash.length !== HASH_LENGTH) return false;
    if (at % 2 === 1 || at === last) {
      older = nodeHash(hash, older, sha256);
      newer = nodeHash(hash, newer, sha256);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else newer = nodeHash(newer, hash, sha256);
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && sameHash(older, firstRoot) && sameHash(newer, secondRoot);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
