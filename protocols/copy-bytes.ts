/**
 * A copy of a range of bytes that is one whatever was passed in: a socket's bytes may be a kind
 * of array (Node's `Buffer`) whose `slice` is a view of memory that is about to be reused.
 */
export function copyBytes(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  const length = Math.max(0, end - start);
  const copy = new Uint8Array(length);
  if (length > LOOP_MAX || end > bytes.length) copy.set(bytes.subarray(start, end));
  else for (let at = 0; at < length; at++) copy[at] = bytes[start + at] ?? 0;
  return copy;
}

/** Up to here a loop is quicker than a view of the range. */
const LOOP_MAX = 64;
