/** The answers to `requests.ts`, in values. What is malformed is a fault of the reader. */
import { copyBytes } from "../../copy-bytes.ts";
import {
  array,
  dataValueMask,
  type Read,
  readDateTime,
  readExtensionObject,
  readLocalizedText,
  readQualifiedName,
  skipDiagnosticInfo,
} from "../built-in.ts";
import { type ExpandedNodeId, type NodeId, readExpandedNodeId, readNodeId } from "../node-id.ts";
import { Reader } from "../reader.ts";
import { within } from "../structures.ts";
import { readVariant, type ShortValue } from "../variant.ts";

export interface DataValue {
  /** Undefined where there is none. */
  readonly value: (ShortValue & { readonly bytes: Uint8Array }) | undefined;
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly sourceMs: number | undefined;
  readonly serverMs: number | undefined;
}

export function readDataValue(r: Reader): DataValue {
  const mask = dataValueMask(r);
  const value = mask & 0x01 ? keptVariant(r) : undefined;
  const status = mask & 0x02 ? r.uint32() : 0;
  const sourceMs = mask & 0x04 ? readDateTime(r) : undefined;
  if (mask & 0x10) r.skip(2);
  const serverMs = mask & 0x08 ? readDateTime(r) : undefined;
  if (mask & 0x20) r.skip(2);
  return { value, status, sourceMs, serverMs };
}

function keptVariant(r: Reader): ShortValue & { readonly bytes: Uint8Array } {
  const start = r.at;
  const short = readVariant(r);
  return { ...short, bytes: copyBytes(r.bytes, start, r.at) };
}

/** One for each item of the request, in its order; diagnostics are never asked for. */
function listed<T>(item: Read<T>): Read<readonly T[]> {
  return (r) => {
    const items = array(item)(r);
    array(skipDiagnosticInfo)(r);
    return items;
  };
}

export const readAnswer = listed(readDataValue);
export const statusAnswer = listed((r) => r.uint32());

export interface Reference {
  readonly reference: NodeId;
  readonly isForward: boolean;
  readonly node: ExpandedNodeId;
  readonly browseName: string;
  readonly displayName: string;
  /** Part 3, 8.30: 1 object, 2 variable, 4 method, 8 … types, 128 view. */
  readonly nodeClass: number;
  readonly typeDefinition: ExpandedNodeId;
}

export interface BrowseResult {
  readonly status: number;
  /** There is more: `browseNextRequest` with it. */
  readonly point: Uint8Array | undefined;
  readonly references: readonly Reference[];
}

export const browseAnswer = listed((r): BrowseResult => {
  const status = r.uint32();
  const point = r.byteString();
  const references = array(readReference)(r);
  return { status, point: point?.length ? point : undefined, references };
});

function readReference(r: Reader): Reference {
  return {
    reference: readNodeId(r),
    isForward: r.boolean(),
    node: readExpandedNodeId(r),
    browseName: readQualifiedName(r).name,
    displayName: readLocalizedText(r),
    nodeClass: r.uint32(),
    typeDefinition: readExpandedNodeId(r),
  };
}

export interface CallResult {
  readonly status: number;
  /** One for each argument, where the asset says so. */
  readonly inputs: readonly number[];
  readonly outputs: readonly ShortValue[];
}

export const callAnswer = listed((r): CallResult => {
  const status = r.uint32();
  const inputs = array((each) => each.uint32())(r);
  array(skipDiagnosticInfo)(r);
  return { status, inputs, outputs: array(readVariant)(r) };
});

export function subscriptionAnswer(r: Reader) {
  const answer = { subscription: r.uint32(), intervalMs: r.double() };
  r.skip(8);
  return answer;
}

export interface MonitoredItem {
  readonly status: number;
  readonly item: number;
}

export const monitorAnswer = listed((r): MonitoredItem => {
  const answer = { status: r.uint32(), item: r.uint32() };
  r.skip(12);
  readExtensionObject(r);
  return answer;
});

export interface Published {
  readonly subscription: number;
  readonly sequence: number;
  /** Nothing to tell: it is no notification, and not acknowledged. */
  readonly isKeepAlive: boolean;
  readonly values: readonly { readonly handle: number; readonly value: DataValue }[];
  readonly events: readonly { readonly handle: number; readonly fields: readonly ShortValue[] }[];
  /** The subscription itself came to an end. */
  readonly ended: number | undefined;
}

const [DATA_CHANGE, EVENTS, STATUS_CHANGE] = [811, 916, 820];

export function publishAnswer(r: Reader): Published {
  const subscription = r.uint32();
  array((each) => each.uint32())(r);
  r.boolean();
  const sequence = r.uint32();
  readDateTime(r);
  const told: Told[] = [...array(notification)(r)];
  array((each) => each.uint32())(r);
  array(skipDiagnosticInfo)(r);
  return {
    ...{ subscription, sequence, isKeepAlive: told.length === 0 },
    values: told.flatMap((each) => each.values ?? []),
    events: told.flatMap((each) => each.events ?? []),
    ended: told.find((each) => each.ended !== undefined)?.ended,
  };
}

interface Told {
  readonly values?: Published["values"];
  readonly events?: Published["events"];
  readonly ended?: number;
}

function notification(r: Reader): Told {
  const object = readExtensionObject(r);
  if (object.type === DATA_CHANGE) return within(r, object, dataChange);
  if (object.type === EVENTS) return { events: within(r, object, array(event)) };
  if (object.type === STATUS_CHANGE) return within(r, object, statusChange);
  r.fail(`a notification of type ${object.typeText}`);
  return {};
}

function dataChange(r: Reader): Told {
  const values = array((each) => ({ handle: each.uint32(), value: readDataValue(each) }))(r);
  array(skipDiagnosticInfo)(r);
  return { values };
}

function event(r: Reader) {
  return { handle: r.uint32(), fields: array(readVariant)(r) };
}

function statusChange(r: Reader): Told {
  const ended = r.uint32();
  skipDiagnosticInfo(r);
  return { ended };
}

export interface HistoryResult {
  readonly status: number;
  readonly values: readonly DataValue[];
  /** There is more than was asked for at once. */
  readonly isPart: boolean;
}

const HISTORY_DATA = 658;

export const historyAnswer = listed((r): HistoryResult => {
  const status = r.uint32();
  const point = r.byteString();
  const object = readExtensionObject(r);
  const isData = object.type === HISTORY_DATA && object.encoding === "binary";
  const values = isData ? within(r, object, array(readDataValue)) : [];
  return { status, values, isPart: (point?.length ?? 0) > 0 };
});

/** An argument of a method (Part 3, 8.6). */
export interface Argument {
  readonly name: string;
  readonly dataType: NodeId;
  /** 1 and more: an array; -1: one value. */
  readonly valueRank: number;
  readonly description: string;
}

const ARGUMENT = 298;
const RANGE = 886;
const UNIT = 889;

/** Of the property InputArguments or OutputArguments. */
export function argumentsIn(variant: Uint8Array): readonly Argument[] {
  return structuresIn(variant, ARGUMENT, (r) => {
    const name = r.string() ?? "";
    const dataType = readNodeId(r);
    const valueRank = r.int32();
    array((each) => each.uint32())(r);
    return { name, dataType, valueRank, description: readLocalizedText(r) };
  });
}

/** Of the property EURange or InstrumentRange. */
export function rangeIn(variant: Uint8Array): { low: number; high: number } | undefined {
  return structuresIn(variant, RANGE, (r) => ({ low: r.double(), high: r.double() }))[0];
}

/** Of the property EngineeringUnits: what stands beside a number. */
export function unitIn(variant: Uint8Array): string | undefined {
  return structuresIn(variant, UNIT, (r) => {
    r.string();
    r.int32();
    const name = readLocalizedText(r);
    readLocalizedText(r);
    return name;
  })[0];
}

/** Of the properties TrueState and FalseState, EnumStrings: their words. */
export function wordsIn(variant: Uint8Array): readonly string[] {
  const r = new Reader(variant);
  const mask = r.uint8();
  if ((mask & 0x3f) !== LOCALIZED_TEXT) return [];
  const words = mask & 0x80 ? array(readLocalizedText)(r) : [readLocalizedText(r)];
  return r.fault === undefined ? words : [];
}

const LOCALIZED_TEXT = 21;
const EXTENSION_OBJECT = 22;

/** None where it is anything else, or malformed. */
function structuresIn<T>(variant: Uint8Array, type: number, read: (r: Reader) => T): readonly T[] {
  const r = new Reader(variant);
  const mask = r.uint8();
  if ((mask & 0x3f) !== EXTENSION_OBJECT) return [];
  const one = (each: Reader) => {
    const object = readExtensionObject(each);
    if (object.type !== type || object.encoding !== "binary") each.fail("another structure");
    return within(each, object, read);
  };
  const found = mask & 0x80 ? array(one)(r) : [one(r)];
  return r.fault === undefined ? found : [];
}
