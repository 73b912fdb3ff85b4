/** Which points of which table: tables as numbers, ranges of addresses, tags by address. */
import type {
  MaskOperation,
  ModbusOperation,
  Table,
  WriteOperation,
} from "../../protocols/modbus/operation.ts";
import type { AddressRange, Tag } from "../plant/model.ts";
import { lastAddress, TAG_LENGTH_MAX } from "./tag-span.ts";

const TABLE_NUMBER: Readonly<Record<Table, number>> = {
  coils: 0,
  "discrete-inputs": 1,
  "holding-registers": 2,
  "input-registers": 3,
};

/** One number for unit and table, to look things up by. */
export function areaOf(unit: number, table: Table): number {
  return unit * 4 + TABLE_NUMBER[table];
}

export const ADDRESS_LAST = 65_535;

export function isWrite(operation: ModbusOperation): operation is WriteOperation | MaskOperation {
  return operation.action === "modbus:write" || operation.action === "modbus:mask";
}

/** The table of an operation; undefined for those that touch none (diagnostics, files, …). */
export function tableOf(operation: ModbusOperation): Table | undefined {
  switch (operation.action) {
    case "modbus:read":
    case "modbus:write":
    case "modbus:mask":
      return operation.table;
    case "modbus:fifo-read":
      return "holding-registers";
    default:
      return undefined;
  }
}

/** @returns the first address of an operation that has a table. */
export function firstOf(operation: ModbusOperation): number {
  switch (operation.action) {
    case "modbus:read":
    case "modbus:write":
    case "modbus:mask":
      return operation.address;
    case "modbus:fifo-read":
      return operation.pointer;
    default:
      return 0;
  }
}

/** @returns the last address of an operation that has a table. */
export function lastOf(operation: ModbusOperation): number {
  switch (operation.action) {
    case "modbus:read":
      return operation.address + operation.count - 1;
    case "modbus:write":
      return operation.address + operation.values.length - 1;
    default:
      return firstOf(operation);
  }
}

/** Sorted, and joined where they touch: points that are all in are in together. */
export function joinRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const joined: AddressRange[] = [];
  for (const range of sorted) {
    const before = joined.at(-1);
    if (before === undefined || range.first > before.last + 1) joined.push(range);
    else if (range.last > before.last) {
      joined[joined.length - 1] = { first: before.first, last: range.last };
    }
  }
  return joined;
}

/** @param ranges joined */
export function containsAll(ranges: readonly AddressRange[], first: number, last: number): boolean {
  for (const range of ranges) {
    if (range.first > first) return false;
    if (range.last >= last) return true;
  }
  return false;
}

/** @param ranges joined */
export function overlapsAny(ranges: readonly AddressRange[], first: number, last: number): boolean {
  for (const range of ranges) {
    if (range.first > last) return false;
    if (range.last >= first) return true;
  }
  return false;
}

/** Things that stand for a tag each, found by the addresses an operation touches. */
export class TagIndex<T extends { readonly tag: Tag }> {
  private readonly areas = new Map<number, T[]>();

  constructor(items: readonly T[]) {
    for (const item of items) {
      const area = areaOf(item.tag.unitId, item.tag.table);
      const list = this.areas.get(area);
      if (list) list.push(item);
      else this.areas.set(area, [item]);
    }
    for (const list of this.areas.values()) list.sort((a, b) => a.tag.address - b.tag.address);
  }

  /** The first match for which `test` answers something other than undefined: its answer. */
  first<R>(
    area: number,
    first: number,
    last: number,
    test: (item: T) => R | undefined,
  ): R | undefined {
    const list = this.areas.get(area);
    if (list === undefined) return undefined;
    for (let n = startOf(list, first - TAG_LENGTH_MAX + 1); n < list.length; n++) {
      const item = list[n];
      if (item === undefined || item.tag.address > last) return undefined;
      if (lastAddress(item.tag) < first) continue;
      const answer = test(item);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Whether any is touched. */
  touches(area: number, first: number, last: number): boolean {
    return this.first(area, first, last, () => true) ?? false;
  }

  touching(area: number, first: number, last: number): readonly T[] {
    const found: T[] = [];
    this.first(area, first, last, (item) => {
      found.push(item);
      return undefined;
    });
    return found;
  }
}

/** Index of the first item at or behind the address. */
function startOf(list: readonly { readonly tag: Tag }[], address: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = list[middle];
    if (item !== undefined && item.tag.address < address) low = middle + 1;
    else high = middle;
  }
  return low;
}
