/** The built-in types of Part 6, 5.1.2 that are made of others, read and passed over. */
import { readExpandedNodeId, readNodeId } from "./node-id.ts";
import type { Reader } from "./reader.ts";

export type Read<T> = (r: Reader) => T;

export interface QualifiedName {
  readonly namespace: number;
  readonly name: string;
}

export function readQualifiedName(r: Reader): QualifiedName {
  return { namespace: r.uint16(), name: r.string() ?? "" };
}

export function readLocalizedText(r: Reader): string {
  const mask = r.uint8();
  if (mask > 3) r.fail(`a LocalizedText with bits ${mask}`);
  if (mask & 1) r.string();
  return (mask & 2 ? r.string() : undefined) ?? "";
}

/** 100 ns since 1601, to milliseconds since 1970. */
export function readDateTime(r: Reader): number {
  return Number(r.int64() / TICKS_PER_MS) - UNIX_EPOCH_MS;
}

export interface ExtensionObject {
  /** Numeric id in namespace 0 of its encoding; undefined for types of the asset's own. */
  readonly type: number | undefined;
  readonly typeText: string;
  readonly encoding: "none" | "binary" | "xml";
  /** Where its body lies. */
  readonly start: number;
  readonly end: number;
}

export function readExtensionObject(r: Reader): ExtensionObject {
  const { namespace, id } = readNodeId(r);
  const known = namespace === 0 && id.startsWith("i=") ? Number(id.slice(2)) : undefined;
  const encoding = r.uint8();
  if (encoding > 2) r.fail(`an ExtensionObject of encoding ${encoding}`);
  const length = encoding === 0 ? 0 : r.count();
  if (length < 0) r.fail("an ExtensionObject of no length");
  const start = r.at;
  r.skip(Math.max(0, length));
  const kinds = ["none", "binary", "xml"] as const;
  const typeText = namespace === 0 ? id : `ns=${namespace};${id}`;
  return { type: known, typeText, encoding: kinds[encoding] ?? "none", start, end: r.at };
}

export function dataValueMask(r: Reader): number {
  const mask = r.uint8();
  if (mask > 0x3f) r.fail(`a DataValue with bits ${mask}`);
  return mask;
}

/** Status, source time, server time, picoseconds of the one and of the other. */
const SIZES_BEHIND_VALUE = [0, 4, 8, 8, 2, 2];
/** By mask: a subscription delivers ten thousand values a second. */
const SIZE_BEHIND_VALUE = Uint8Array.from({ length: 0x40 }, (_, mask) =>
  SIZES_BEHIND_VALUE.reduce((sum, size, bit) => sum + (mask & (1 << bit) ? size : 0), 0),
);

/** @param mask as `dataValueMask` lets it pass; of another nothing is known */
export function sizeBehindValue(mask: number): number {
  return SIZE_BEHIND_VALUE[mask] ?? 0;
}

export function skipDiagnosticInfo(r: Reader): void {
  const mask = r.uint8();
  if (mask > 0x7f) r.fail(`a DiagnosticInfo with bits ${mask}`);
  for (const bit of [0x01, 0x02, 0x04, 0x08]) if (mask & bit) r.int32();
  if (mask & 0x10) r.string();
  if (mask & 0x20) r.uint32();
  if (!(mask & 0x40)) return;
  r.enter();
  if (r.fault === undefined) skipDiagnosticInfo(r);
  r.leave();
}

/** Elements of an array, null or not; `read` answers each. */
export function array<T>(read: Read<T>): Read<readonly T[]> {
  return (r) => {
    const items: T[] = [];
    const count = r.count();
    for (let i = 0; i < count && r.fault === undefined; i++) items.push(read(r));
    return items;
  };
}

type Struct = { readonly [name: string]: Read<unknown> };
type Values<S extends Struct> = { readonly [name in keyof S]: ReturnType<S[name]> };

/** Fields one behind the other, in this order. */
export function struct<S extends Struct>(fields: S): Read<Values<S>> {
  const entries = Object.entries(fields);
  return (r) => {
    const values: { [name: string]: unknown } = {};
    for (const [name, read] of entries) values[name] = read(r);
    return values as Values<S>;
  };
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Ranged<T> = T & { readonly range: Range };

/** As `read`, and where it lay. */
export function ranged<T extends object>(read: Read<T>): Read<Ranged<T>> {
  return (r) => {
    const start = r.at;
    const value = read(r);
    return { ...value, range: { start, end: r.at } };
  };
}

/** Only where it lay. */
export function passed(skip: Read<unknown>): Read<Range> {
  return (r) => {
    const start = r.at;
    skip(r);
    return { start, end: r.at };
  };
}

export const boolean: Read<boolean> = (r) => r.boolean();
export const byte: Read<number> = (r) => r.uint8();
export const uint16: Read<number> = (r) => r.uint16();
export const uint32: Read<number> = (r) => r.uint32();
export const int32: Read<number> = (r) => r.int32();
export const double: Read<number> = (r) => r.double();
export const string: Read<string | undefined> = (r) => r.string();
export const byteString: Read<Uint8Array | undefined> = (r) => r.byteString();
export const nodeId = readNodeId;
export const expandedNodeId = readExpandedNodeId;

const TICKS_PER_MS = 10_000n;
const UNIX_EPOCH_MS = 11_644_473_600_000;
