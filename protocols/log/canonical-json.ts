/**
 * RFC 8785: one text for one JSON value. Keys are ordered by their UTF-16 code units, strings and
 * numbers are written as ECMAScript writes them, nothing stands between.
 *
 *     { "b": [1.0, "é"], "a": null }   becomes   {"a":null,"b":[1,"é"]}
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** Deeper values are nobody's events; a bound keeps a hostile one from exhausting the stack. */
const DEPTH_MAX = 64;

/**
 * Members that are undefined are left out, as JSON has no word for them.
 * @throws RangeError for numbers that are not finite, broken surrogate pairs and absurd depth
 */
export function canonicalJson(value: JsonValue, depth = 0): string {
  if (depth > DEPTH_MAX) throw new RangeError("a value nested too deeply for canonical JSON");
  if (typeof value === "string") return canonicalText(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new RangeError("a number that JSON cannot say");
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) {
    return `[${value.map((item) => canonicalJson(item, depth + 1)).join(",")}]`;
  }
  let members = "";
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member === undefined) continue;
    if (members !== "") members += ",";
    members += `${canonicalText(key)}:${canonicalJson(member, depth + 1)}`;
  }
  return `{${members}}`;
}

/** The value of a text that is its own canonical form; undefined for every other text. */
export function parseCanonicalJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function canonicalText(text: string): string {
  if (!text.isWellFormed()) throw new RangeError("a text with half a surrogate pair");
  return JSON.stringify(text);
}
