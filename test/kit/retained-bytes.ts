/** Roughly what a value keeps in memory: its buffers, and a word for each field, element and entry. */
const WORD = 16;

export function retainedBytes(root: unknown): number {
  const seen = new Set<object>();
  const open: unknown[] = [root];
  let bytes = 0;
  for (let value = open.pop(); value !== undefined || open.length > 0; value = open.pop()) {
    if (typeof value === "string") bytes += 2 * value.length;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      bytes += value.buffer.byteLength;
      continue;
    }
    const parts = partsOf(value);
    bytes += WORD * (1 + parts.length);
    open.push(...parts.filter((part) => part !== undefined));
  }
  return bytes;
}

function partsOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  return value instanceof Set ? [...value] : Object.values(value);
}
