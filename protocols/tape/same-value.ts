/** Whether two values that a tape can hold are the same; members that are undefined are not there. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (isList(a) || isList(b)) {
    return (
      isList(a) && isList(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
    );
  }
  const [left, right] = [membersOf(a), membersOf(b)];
  return (
    left.size === right.size && [...left].every(([key, value]) => sameValue(value, right.get(key)))
  );
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function membersOf(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}
