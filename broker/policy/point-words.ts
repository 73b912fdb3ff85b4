/** Points, values and operations in the words of the people who run the plant. */
import type { OperationClass } from "../../protocols/guard.ts";
import type { ModbusOperation, Table } from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import type { Tag } from "../plant/model.ts";
import { engineering } from "./raw-value.ts";
import { isFloat } from "./tag-span.ts";

/** A sentence names at most this many tags. */
const TAGS_NAMED_MAX = 3;

const TABLE_WORDS: Readonly<Record<Table, readonly [one: string, many: string, digit: string]>> = {
  coils: ["coil", "coils", "0"],
  "discrete-inputs": ["discrete input", "discrete inputs", "1"],
  "holding-registers": ["holding register", "holding registers", "4"],
  "input-registers": ["input register", "input registers", "3"],
};

/** `holding registers 40021 to 40022`, as on the drawings. */
export function pointsInWords(table: Table, address: number, count: number): string {
  const [one, many] = TABLE_WORDS[table];
  const first = notation(table, address);
  return count === 1
    ? `${one} ${first}`
    : `${many} ${first} to ${notation(table, address + count - 1)}`;
}

function notation(table: Table, address: number): string {
  const number = address + 1;
  return TABLE_WORDS[table][2] + String(number).padStart(number > 9_999 ? 5 : 4, "0");
}

/** `P101.SpeedSetpoint = 60.0 Hz` */
export function assignment(tag: Tag, raw: number): string {
  return `${tag.name} = ${valueInWords(tag, raw)}`;
}

/** The raw value as its holder would say it: `60.0 Hz`, `1 (remote)`. */
export function valueInWords(tag: Tag, raw: number): string {
  const state = tag.states.find(({ value }) => value === raw);
  if (state) return `${raw} (${state.word})`;
  return withUnit(tag, numberInWords(tag, engineering(tag, raw)));
}

/** A bound or step of this tag, never rounded to another number: `45.0 Hz`. */
export function limitInWords(tag: Tag, limit: number): string {
  const rounded = numberInWords(tag, limit);
  return withUnit(tag, Number(rounded) === limit ? rounded : String(limit));
}

function withUnit(tag: Tag, number: string): string {
  return tag.unit === "" ? number : `${number} ${tag.unit}`;
}

function numberInWords(tag: Tag, value: number): string {
  if (isFloat(tag.type)) {
    const digits = tag.type === "float32" ? 7 : 15;
    return String(Number.isFinite(value) ? Number(value.toPrecision(digits)) : value);
  }
  return value.toFixed(Math.max(decimals(tag.scale), decimals(tag.offset)));
}

/** Decimals of a scale as a person wrote it: 0.01 has two. */
function decimals(scale: number): number {
  const [mantissa = "", exponent = "0"] = String(Math.abs(scale)).split("e");
  const fraction = (mantissa.split(".")[1] ?? "").length;
  return Math.min(10, Math.max(0, fraction - Number(exponent)));
}

/** `P101.Mode (holding register 40013)`, or the points alone where no tag is there. */
export function namedPoints(
  table: Table,
  address: number,
  count: number,
  tags: readonly Tag[],
): string {
  const points = pointsInWords(table, address, count);
  if (tags.length === 0) return points;
  const named = tags.slice(0, TAGS_NAMED_MAX).map((tag) => tag.name);
  const more = tags.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""} (${points})`;
}

/** All the points of one tag. */
export function tagPoints(tag: Tag): string {
  return pointsInWords(tag.table, tag.address, registerCount(tag.type));
}

/** What the operation does, to go after `permits` or `denies`. */
export function deed(operation: ModbusOperation, tags: readonly Tag[]): string {
  switch (operation.action) {
    case "modbus:read":
      return `reading ${namedPoints(operation.table, operation.address, operation.count, tags)}`;
    case "modbus:write": {
      const { table, address, values } = operation;
      return `writing ${namedPoints(table, address, values.length, tags)}`;
    }
    case "modbus:mask":
      return `masking ${namedPoints(operation.table, operation.address, 1, tags)}`;
    case "modbus:identify":
      return `asking the device about itself (function ${operation.function})`;
    case "modbus:diagnostic":
      return `diagnostic function 8, sub-function ${operation.subFunction}`;
    case "modbus:file-read":
      return `reading file ${operation.file}, record ${operation.record}`;
    case "modbus:file-write":
      return `writing file ${operation.file}, record ${operation.record}`;
    case "modbus:fifo-read":
      return `reading the queue at ${pointsInWords("holding-registers", operation.pointer, 1)}`;
    case "modbus:other": {
      const { subFunction } = operation;
      const sub = subFunction === undefined ? "" : `, sub-function ${subFunction}`;
      return `function ${operation.function}${sub}`;
    }
  }
}

const CLASS_WORDS: Readonly<Record<OperationClass, string>> = {
  observe: "observe",
  operate: "operate",
  configure: "configure",
  program: "program",
  transfer: "transfer files",
};

export function classInWords(each: OperationClass): string {
  return CLASS_WORDS[each];
}

/** `2 s`, `5 min`, `500 ms` */
export function durationInWords(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}
