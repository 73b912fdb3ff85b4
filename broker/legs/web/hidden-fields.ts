/** Values that a sign-in page wants back with its form, against forged requests. */

/** A page that asks for a name and a password is some kilobytes. */
export const SIGN_IN_PAGE_MAX = 1_048_576;
/** A name, a value and what is to be done with them; what is longer holds no token. */
const TAG_LENGTH_MAX = 2_000;
/** Taken to its end wherever that is: a page of nothing but beginnings is gone through once. */
const TAG = /<(?:input|meta)\b[^>]*/gi;
/** From the first letter of a name alone, for the same reason. */
const ATTRIBUTE = /(?<![A-Za-z-])([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

/** @returns by name; those that the page has not are missing */
export function hiddenFields(page: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [tag] of page.matchAll(TAG)) {
    if (tag.length > TAG_LENGTH_MAX) continue;
    const attributes = attributesOf(tag);
    const name = attributes.get("name") ?? "";
    if (!names.includes(name) || found.has(name)) continue;
    found.set(name, attributes.get("value") ?? attributes.get("content") ?? "");
  }
  return found;
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [, name = "", double, single, plain] of tag.matchAll(ATTRIBUTE)) {
    all.set(name.toLowerCase(), decoded(double ?? single ?? plain ?? ""));
  }
  return all;
}

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  quot: '"',
  lt: "<",
  gt: ">",
  apos: "'",
};

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{1,8}));/gi, (all, ten, hex, name) => {
    const point = ten ? Number(ten) : hex ? Number.parseInt(hex, 16) : undefined;
    if (point === undefined) return NAMED[String(name).toLowerCase()] ?? all;
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
