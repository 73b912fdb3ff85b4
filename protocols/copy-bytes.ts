/**
 * A copy of a range of bytes that is one whatever was passed in: a socket's bytes may be a kind
 * of array (Node's `Buffer`) whose `slice` is a view of memory that is about to be reused.
 */
export function copyBytes(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  const copy = new Uint8Array(Math.max(0, end - start));
  copy.set(bytes.subarray(start, end));
  return copy;
}
