/**
 * The Merkle tree of RFC 6962, section 2.1, over the hashes of a recording's segments: leaf =
 * SHA-256(00 ‖ entry), node = SHA-256(01 ‖ left ‖ right), no entries = SHA-256 of nothing.
 */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Root over the entries in order. */
export function treeRoot(entries: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  if (entries.length === 0) return sha256(new Uint8Array(0));
  let level = entries.map((entry) => sha256(prefixed(0, entry)));
  // Pairing neighbours, with an odd one moving up as it is, gives the tree of the RFC.
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] ?? new Uint8Array(0);
      const right = level[i + 1];
      above.push(right === undefined ? left : sha256(prefixed(1, left, right)));
    }
    level = above;
  }
  return level[0] ?? new Uint8Array(0);
}

function prefixed(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  whole[0] = prefix;
  let at = 1;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
