/** Variants (Part 6, 5.2.2.16), passed over or told in short: what a rule and a person need. */
import {
  dataValueMask,
  readDateTime,
  readExtensionObject,
  readLocalizedText,
  readQualifiedName,
  sizeBehindValue,
  skipDiagnosticInfo,
} from "./built-in.ts";
import { dateTimeText } from "./date-time.ts";
import { readExpandedNodeId, readNodeId } from "./node-id.ts";
import type { Reader } from "./reader.ts";

/** By their number on the wire. */
export const TYPE_NAMES = [
  "Null",
  "Boolean",
  "SByte",
  "Byte",
  "Int16",
  "UInt16",
  "Int32",
  "UInt32",
  "Int64",
  "UInt64",
  "Float",
  "Double",
  "String",
  "DateTime",
  "Guid",
  "ByteString",
  "XmlElement",
  "NodeId",
  "ExpandedNodeId",
  "StatusCode",
  "QualifiedName",
  "LocalizedText",
  "ExtensionObject",
  "DataValue",
  "Variant",
  "DiagnosticInfo",
] as const;

/** Bytes of one value; 0 where they differ. Guid and up are told apart below. */
const SIZES: readonly number[] = [0, 0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16, 0, 0, 0, 0, 4];
const BOOLEAN = 1;
const VARIANT = 24;

/** What is written into an operation: never the value of a file. */
export interface ShortValue {
  /** For example `Double`, or `Double[]` for an array. */
  readonly type: string;
  /** A scalar number, or a Boolean as 0 or 1, where a number says it exactly. */
  readonly number?: number;
  /** Elements of an array. */
  readonly count?: number;
  /** All numbers of a short array of them. */
  readonly numbers?: readonly number[];
  readonly text: string;
}

/** Characters of a value that a record shows. */
const TEXT_MAX = 200;
/** Elements of an array that a record shows, and a rule looks at. */
export const ELEMENTS_MAX = 64;

export function skipVariant(r: Reader): void {
  const mask = r.uint8();
  const type = mask & 0x3f;
  r.enter();
  if (isKnown(r, type, mask)) skipValue(r, type, mask);
  r.leave();
}

function skipValue(r: Reader, type: number, mask: number): void {
  if (mask & 0x80) {
    const count = r.count();
    skipMany(r, type, Math.max(0, count));
    if (mask & 0x40) dimensions(r, count);
  } else if (type !== 0) {
    skipMany(r, type, 1);
  }
}

export function skipDataValue(r: Reader): void {
  const mask = dataValueMask(r);
  if (mask & 0x01) skipVariant(r);
  r.skip(sizeBehindValue(mask));
}

export function readVariant(r: Reader): ShortValue {
  const start = r.at;
  const mask = r.uint8();
  const type = mask & 0x3f;
  const name = TYPE_NAMES[type] ?? "?";
  if (!isKnown(r, type, mask)) return { type: name, text: "" };
  if (!(mask & 0x80)) return type === 0 ? { type: name, text: "null" } : scalar(r, type, name);
  const inner = r.at;
  r.at = start;
  skipVariant(r);
  const after = r.at;
  r.at = inner;
  const short = elements(r, type, name);
  r.at = after;
  return short;
}

function scalar(r: Reader, type: number, name: string): ShortValue {
  const value = simpleValue(r, type);
  const text = cut(String(value));
  return typeof value === "number" ? { type: name, number: value, text } : { type: name, text };
}

function elements(r: Reader, type: number, name: string): ShortValue {
  const count = Math.max(0, r.count());
  const shown: (number | string)[] = [];
  for (let i = 0; i < Math.min(count, ELEMENTS_MAX) && r.fault === undefined; i++) {
    shown.push(simpleValue(r, type));
  }
  const more = count > shown.length ? ` … ${count}` : "";
  const text = `[${cut(shown.join(", "))}${more}]`;
  const numbers = shown.filter((value) => typeof value === "number");
  const whole = numbers.length === count && count > 0;
  return { type: `${name}[]`, count, text, ...(whole && { numbers }) };
}

/** Numbers where they are exact and finite, text for all else. */
function simpleValue(r: Reader, type: number): number | string {
  switch (type) {
    case BOOLEAN:
      return r.boolean() ? 1 : 0;
    case 2:
      return r.int8();
    case 3:
      return r.uint8();
    case 4:
      return r.int16();
    case 5:
      return r.uint16();
    case 6:
      return r.int32();
    case 7:
      return r.uint32();
    case 8:
      return exact(r.int64());
    case 9:
      return exact(r.uint64());
    case 10:
      return finite(r.float());
    case 11:
      return finite(r.double());
    default:
      return textOf(r, type);
  }
}

function textOf(r: Reader, type: number): string {
  switch (type) {
    case 12:
      return r.string() ?? "null";
    case 13:
      return dateTimeText(readDateTime(r));
    case 14:
      return r.guid();
    case 15:
      return `${r.byteString()?.length ?? 0} bytes`;
    case 16:
      return r.string() ?? "null";
    case 17:
      return idText(readNodeId(r));
    case 18:
      return idText(readExpandedNodeId(r));
    case 19:
      return `status ${r.uint32().toString(16)}`;
    case 20:
      return readQualifiedName(r).name;
    case 21:
      return readLocalizedText(r);
    case 22: {
      const { typeText, start, end } = readExtensionObject(r);
      return `structure ${typeText} of ${end - start} bytes`;
    }
    case 23:
      return nestedDataValue(r);
    case VARIANT:
      return nested(r);
    default:
      skipDiagnosticInfo(r);
      return "diagnostics";
  }
}

function nested(r: Reader): string {
  r.enter();
  const text = r.fault === undefined ? readVariant(r).text : "";
  r.leave();
  return text;
}

function nestedDataValue(r: Reader): string {
  const mask = dataValueMask(r);
  const text = mask & 0x01 ? nested(r) : "no value";
  r.skip(sizeBehindValue(mask));
  return text;
}

function isKnown(r: Reader, type: number, mask: number): boolean {
  if (type >= TYPE_NAMES.length) r.fail(`a Variant of type ${type}`);
  else if (mask & 0x40 && !(mask & 0x80)) r.fail("a Variant with dimensions and no array");
  else if (type === 0 && mask & 0xc0) r.fail("an array of nothing");
  else if (type === VARIANT && !(mask & 0x80)) r.fail("a Variant that is a Variant");
  return r.fault === undefined;
}

function skipMany(r: Reader, type: number, count: number): void {
  const size = SIZES[type] ?? 0;
  if (size > 0) {
    r.skip(count * size);
    return;
  }
  for (let i = 0; i < count && r.fault === undefined; i++) skipOne(r, type);
}

function skipOne(r: Reader, type: number): void {
  if (type === VARIANT) skipVariant(r);
  else if (type === 23) skipNestedDataValue(r);
  else if (type === 15) r.skipBytes();
  else simpleValue(r, type);
}

function skipNestedDataValue(r: Reader): void {
  r.enter();
  if (r.fault === undefined) skipDataValue(r);
  r.leave();
}

/** Their product is the length of the array. */
function dimensions(r: Reader, length: number): void {
  const count = r.count();
  let product = 1;
  for (let i = 0; i < count && r.fault === undefined; i++) product *= r.int32();
  if (count > 0 && product !== Math.max(0, length) && !r.forgiving) {
    r.fail("a Variant whose dimensions do not fit its length");
  }
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

function idText({ namespace, id }: { readonly namespace: number; readonly id: string }): string {
  return namespace === 0 ? id : `ns=${namespace};${id}`;
}
