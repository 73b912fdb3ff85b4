/** The raw table browser's values: many formats of the same registers, and back from what was typed. */
import { WRITE_COILS_MAX, WRITE_REGISTERS_MAX } from "../../../protocols/modbus/decode-points.ts";
import type { Table } from "../../../protocols/modbus/operation.ts";
import {
  decodeRaw,
  encodeRaw,
  type PointType,
  registerCount,
  type WordOrder,
} from "../../../protocols/modbus/values.ts";
import { isBitTable } from "./plan-reads.ts";

export const FORMATS = [
  "uint16",
  "int16",
  "hex",
  "binary",
  "uint32",
  "int32",
  "float32",
  "uint64",
  "int64",
  "float64",
  "text",
] as const;
export type RawFormat = (typeof FORMATS)[number];

/** One value of the format, over one or several registers. */
export interface RawRow {
  readonly address: number;
  readonly words: readonly number[];
  readonly text: string;
}

export function rowsOf(
  first: number,
  values: readonly number[],
  format: RawFormat,
  wordOrder: WordOrder,
): RawRow[] {
  const width = widthOfFormat(format);
  const rows: RawRow[] = [];
  for (let n = 0; n < values.length; n += width) {
    const words = values.slice(n, n + width);
    rows.push({ address: first + n, words, text: textOf(words, format, wordOrder) });
  }
  return rows;
}

/** Too few registers for a value of the format leave it blank: half a value is none. */
function textOf(words: readonly number[], format: RawFormat, wordOrder: WordOrder): string {
  if (words.length < widthOfFormat(format)) return "";
  const [word = 0] = words;
  switch (format) {
    case "hex":
      return `0x${word.toString(16).toUpperCase().padStart(4, "0")}`;
    case "binary":
      return word
        .toString(2)
        .padStart(16, "0")
        .replace(/(.{4})(?=.)/g, "$1 ");
    case "text":
      return printable(word >> 8) + printable(word & 0xff);
    default:
      return String(decodeRaw(words, format, wordOrder));
  }
}

export function widthOfFormat(format: RawFormat): number {
  return isNumeric(format) ? registerCount(format) : 1;
}

export type TypedValues =
  | { readonly kind: "values"; readonly values: readonly number[] }
  | { readonly kind: "fault"; readonly reason: string };

/** Values as typed, separated by spaces or commas, as registers or bits. */
export function parseTyped(
  typed: string,
  table: Table,
  format: RawFormat,
  wordOrder: WordOrder,
): TypedValues {
  const parts = typed.split(/[\s,;]+/).filter((part) => part !== "");
  if (parts.length === 0) return { kind: "fault", reason: "Type at least one value." };
  const values: number[] = [];
  for (const part of parts) {
    const words = isBitTable(table) ? bitOf(part) : wordsOf(part, format, wordOrder);
    if (typeof words === "string") return { kind: "fault", reason: words };
    values.push(...words);
  }
  const max = isBitTable(table) ? WRITE_COILS_MAX : WRITE_REGISTERS_MAX;
  return values.length <= max
    ? { kind: "values", values }
    : { kind: "fault", reason: `At most ${max} at once.` };
}

function bitOf(part: string): number[] | string {
  if (part === "0" || part === "1") return [Number(part)];
  return `“${part}” is neither 0 nor 1.`;
}

function wordsOf(
  part: string,
  format: RawFormat,
  wordOrder: WordOrder,
): readonly number[] | string {
  const type = isNumeric(format) ? format : "uint16";
  const isFloat = type === "float32" || type === "float64";
  const wholeNumber = /^([+-]?\d+|0x[0-9a-f]+|0b[01]+)$/i;
  if (!(isFloat ? /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i : wholeNumber).test(part)) {
    return `“${part}” is not a value of ${type}.`;
  }
  const raw = isFloat ? Number(part) : BigInt(part.replace(/^\+/, ""));
  const encoded = encodeRaw(raw, type, wordOrder);
  return encoded.kind === "registers" ? encoded.registers : encoded.reason;
}

function isNumeric(format: RawFormat): format is RawFormat & PointType {
  return format !== "hex" && format !== "binary" && format !== "text";
}

function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
}
