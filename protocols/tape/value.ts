/**
 * Plain data of any shape: the header, and the fields of operations of protocols that this
 * version does not know yet. A tag, then what it needs:
 *
 *     00 false · 01 true · 02 null · 03 varint · 04 varint n for -n · 05 float64, big-endian
 *     06 text reference · 07 count, bytes · 08 count, values · 09 count, (text reference, value)*
 *
 * Fields that are undefined are left out. Functions, symbols and bigints are a caller's mistake.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { VALUE_DEPTH_MAX } from "./codec.ts";
import type { Cursor } from "./cursor.ts";
import type { TextsRead, TextsWritten } from "./texts.ts";

export type Value =
  | boolean
  | null
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value };

const TAG = {
  false: 0,
  true: 1,
  null: 2,
  positive: 3,
  negative: 4,
  float: 5,
  text: 6,
  bytes: 7,
  array: 8,
  object: 9,
} as const;

export function writeValue(out: ByteWriter, texts: TextsWritten, value: unknown, depth = 0): void {
  if (depth > VALUE_DEPTH_MAX) throw new RangeError("value is nested too deeply for a tape");
  if (typeof value === "number") {
    writeNumber(out, value);
  } else if (typeof value === "boolean") {
    out.byte(value ? TAG.true : TAG.false);
  } else if (typeof value === "string") {
    out.byte(TAG.text);
    texts.write(out, value);
  } else if (value === null) {
    out.byte(TAG.null);
  } else if (typeof value === "object") {
    writeObject(out, texts, value, depth);
  } else {
    throw new TypeError(`a tape cannot hold a ${typeof value}`);
  }
}

export function writeFields(
  out: ByteWriter,
  texts: TextsWritten,
  entries: readonly (readonly [string, unknown])[],
  depth = 0,
): void {
  const present = entries.filter(([, value]) => value !== undefined);
  out.varint(present.length);
  for (const [name, value] of present) {
    texts.write(out, name);
    writeValue(out, texts, value, depth + 1);
  }
}

export function readValue(cursor: Cursor, texts: TextsRead, depth = 0): Value {
  if (depth > VALUE_DEPTH_MAX) cursor.fail("value is nested too deeply");
  switch (cursor.byte()) {
    case TAG.false:
      return false;
    case TAG.true:
      return true;
    case TAG.null:
      return null;
    case TAG.positive:
      return cursor.varint();
    case TAG.negative:
      return -cursor.varint();
    case TAG.float:
      return cursor.float64();
    case TAG.text:
      return texts.read(cursor);
    case TAG.bytes:
      return cursor.raw(cursor.varint());
    case TAG.array:
      return readArray(cursor, texts, depth);
    case TAG.object:
      return readFields(cursor, texts, depth);
    default:
      cursor.fail("unknown kind of value");
      return null;
  }
}

export function readFields(
  cursor: Cursor,
  texts: TextsRead,
  depth = 0,
): { readonly [name: string]: Value } {
  const fields: { [name: string]: Value } = {};
  const count = cursor.count(Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < count && cursor.fault === undefined; i++) {
    const name = texts.read(cursor);
    // Would set the prototype instead of a field.
    if (name === "__proto__") cursor.fail("field name not allowed");
    else fields[name] = readValue(cursor, texts, depth + 1);
  }
  return fields;
}

function readArray(cursor: Cursor, texts: TextsRead, depth: number): Value {
  const values: Value[] = [];
  const count = cursor.count(Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < count && cursor.fault === undefined; i++) {
    values.push(readValue(cursor, texts, depth + 1));
  }
  return values;
}

function writeObject(out: ByteWriter, texts: TextsWritten, value: object, depth: number): void {
  if (value instanceof Uint8Array) {
    out.byte(TAG.bytes);
    out.varint(value.length);
    out.raw(value);
  } else if (Array.isArray(value)) {
    out.byte(TAG.array);
    out.varint(value.length);
    for (const item of value) writeValue(out, texts, item, depth + 1);
  } else {
    out.byte(TAG.object);
    writeFields(out, texts, Object.entries(value), depth);
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.byte(TAG.float);
    out.float64(value);
  } else {
    out.byte(value < 0 ? TAG.negative : TAG.positive);
    out.varint(Math.abs(value));
  }
}
