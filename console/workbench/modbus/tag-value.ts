/** A tag's value as a person reads and types it. */
import type { Table } from "../../../protocols/modbus/operation.ts";
import {
  decodeRaw,
  decodeValue,
  type Encoded,
  encodeValue,
  type PointFormat,
  valueRange,
} from "../../../protocols/modbus/values.ts";

/** What of a tag matters for showing it; a `TagView` fits, and so does a tag of a recording's header. */
export interface ShownTag extends PointFormat {
  readonly name: string;
  readonly unitId: number;
  readonly table: Table;
  readonly address: number;
  readonly unit: string;
  readonly min?: number | null;
  readonly max?: number | null;
  readonly states?: readonly { readonly value: number; readonly word: string }[];
}

/** The engineering value; undefined where the registers are not those of the type. */
export function tagValue(tag: PointFormat, registers: readonly number[]): number | undefined {
  try {
    return decodeValue(registers, tag);
  } catch {
    return undefined;
  }
}

/** "35.0 Hz", "running"; the state's word where the plant file gives one. */
export function valueText(tag: ShownTag, value: number): string {
  return stateWord(tag, value) ?? withUnit(tag, numberText(tag, value));
}

/** As `valueText`, with every digit that the registers hold: for what is written. */
export function exactText(tag: ShownTag, value: number): string {
  return stateWord(tag, value) ?? withUnit(tag, exactNumber(tag, value));
}

function withUnit(tag: ShownTag, number: string): string {
  return tag.unit === "" ? number : `${number} ${tag.unit}`;
}

/** As many decimals as the scale has; floats with the digits that a process value is good for. */
export function numberText(tag: PointFormat, value: number): string {
  if (!isFloat(tag) || !Number.isFinite(value)) return exactNumber(tag, value);
  const size = Math.abs(value);
  const digits = size < 1 ? FRACTION_DIGITS : VALUE_DIGITS;
  return String(Number(size < WHOLE_FROM ? value.toPrecision(digits) : value.toFixed(0)));
}

/** Instruments are good for about a part in a thousand, and below one for less. */
const VALUE_DIGITS = 4;
const FRACTION_DIGITS = 3;
const WHOLE_FROM = 1_000;

/** Of a float32 so many digits, and no fewer, tell it from its neighbours. */
const FLOAT32_DIGITS = 9;

function exactNumber(tag: PointFormat, value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : "infinite";
  if (!isFloat(tag)) return value.toFixed(decimalsOf(tag.scale));
  return tag.type === "float32" ? shortestFloat32(value) : String(value);
}

/** The fewest digits that mean the same float32, so that 1.2 is not 1.2000000476837158. */
function shortestFloat32(value: number): string {
  for (let digits = 1; digits < FLOAT32_DIGITS; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(Number(value.toPrecision(FLOAT32_DIGITS)));
}

function isFloat({ type }: PointFormat): boolean {
  return type === "float32" || type === "float64";
}

export function stateWord(tag: ShownTag, value: number): string | undefined {
  const raw = Math.round((value - tag.offset) / tag.scale);
  return tag.states?.find((state) => state.value === raw)?.word;
}

/** What the registers hold, exactly: a whole number, or the words of a float in hex. */
export function rawText(tag: PointFormat, registers: readonly number[]): string {
  if (registers.length === 0) return "";
  if (tag.type === "float32" || tag.type === "float64") return wordsText(registers);
  try {
    return String(decodeRaw(registers, tag.type, tag.wordOrder));
  } catch {
    return wordsText(registers);
  }
}

export function wordsText(registers: readonly number[]): string {
  return registers.map((word) => word.toString(16).toUpperCase().padStart(4, "0")).join(" ");
}

/** What someone typed, as registers or as what is wrong with it. */
export function encodeTyped(tag: PointFormat, typed: string): Encoded {
  const trimmed = typed.trim();
  if (trimmed === "") return { kind: "fault", reason: "Type a value." };
  if (/^[+-]?\d+,\d+$/.test(trimmed)) {
    return { kind: "fault", reason: "Use a point for decimals, not a comma." };
  }
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { kind: "fault", reason: `“${trimmed}” is not a number.` };
  return encodeValue(value, tag);
}

export interface Bounds {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** What the plant file allows, or else what the type can hold. */
export function boundsOf(tag: ShownTag): Bounds {
  const range = valueRange(tag);
  return { min: tag.min ?? range?.min, max: tag.max ?? range?.max };
}

const NOTATION: Readonly<Record<Table, number>> = {
  coils: 0,
  "discrete-inputs": 1,
  "input-registers": 3,
  "holding-registers": 4,
};

/** The notation people know: holding register 11 is 40012; six digits where five do not reach. */
export function notationOf(table: Table, address: number): string {
  const digits = address < 9999 ? 4 : 5;
  return `${NOTATION[table]}${String(address + 1).padStart(digits, "0")}`;
}

function decimalsOf(scale: number): number {
  const text = String(scale);
  const exponent = /e-(\d+)$/.exec(text)?.[1];
  if (exponent !== undefined) return Math.min(20, Number(exponent));
  return text.split(".")[1]?.length ?? 0;
}
