/** Which tags and registers an operation touches, and the values it wrote there or read. */
import type { ModbusOperation } from "../../../protocols/modbus/operation.ts";
import {
  decodeValue,
  type PointFormat,
  type PointType,
  registerCount,
} from "../../../protocols/modbus/values.ts";
import { TABLES } from "../../../protocols/search/terms.ts";
import type { HeaderTag } from "../../../protocols/tape/record.ts";
import type { IndexedPoint } from "./row.ts";

/** Different ranges of one recording whose tags are remembered: polls are few. */
const RANGES_MAX = 4_096;

const TYPES: readonly string[] = [
  ...["bool", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"],
];

interface Slot {
  readonly tag: string;
  /** Registers before it in the operation. */
  readonly offset: number;
  readonly address: number;
  readonly width: number;
  /** Absent: raw, or not all of it is in the operation. */
  readonly format: PointFormat | undefined;
  readonly isWhole: boolean;
}

export class TouchedPoints {
  private readonly tags: readonly HeaderTag[];
  private readonly ranges = new Map<string, readonly Slot[]>();

  constructor(tags: readonly HeaderTag[]) {
    this.tags = tags.filter((tag) => TYPES.includes(tag.type));
  }

  /** @param values raw, in the order of the registers; none where they are not known */
  of(
    operation: ModbusOperation,
    values: readonly number[],
    sequence: number,
  ): readonly IndexedPoint[] {
    if (!("table" in operation)) return [];
    const { unit, table, address } = operation;
    const count =
      operation.action === "modbus:read"
        ? operation.count
        : operation.action === "modbus:write"
          ? operation.values.length
          : 1;
    const place = TABLES.indexOf(table);
    return this.slots(unit, table, address, count).map((slot) => {
      const value = rawOrEngineering(slot, values);
      return {
        ...{ tag: slot.tag, unit, table: place, address: slot.address, width: slot.width },
        ...{ min: value, max: value, minSequence: sequence, maxSequence: sequence },
      };
    });
  }

  private slots(unit: number, table: string, address: number, count: number): readonly Slot[] {
    const key = `${unit} ${table} ${address} ${count}`;
    const known = this.ranges.get(key);
    if (known !== undefined) return known;
    const slots = this.slotsOf(unit, table, address, count);
    if (this.ranges.size >= RANGES_MAX) this.ranges.clear();
    this.ranges.set(key, slots);
    return slots;
  }

  private slotsOf(unit: number, table: string, address: number, count: number): readonly Slot[] {
    const end = address + count;
    const covered = new Set<number>();
    const slots: Slot[] = [];
    for (const tag of this.tags) {
      const width = registerCount(tag.type as PointType);
      if (tag.unitId !== unit || tag.table !== table) continue;
      if (tag.address >= end || tag.address + width <= address) continue;
      for (let at = tag.address; at < tag.address + width; at += 1) covered.add(at);
      slots.push({
        ...{ tag: tag.name, offset: tag.address - address, address: tag.address, width },
        format: formatOf(tag),
        isWhole: tag.address >= address && tag.address + width <= end,
      });
    }
    for (let at = address; at < end; at += 1) {
      if (covered.has(at)) continue;
      const offset = at - address;
      slots.push({ tag: "", offset, address: at, width: 1, format: undefined, isWhole: true });
    }
    return slots;
  }
}

function formatOf({ type, wordOrder, scale, offset }: HeaderTag): PointFormat {
  const order = wordOrder === "little" ? "little" : "big";
  return { type: type as PointType, wordOrder: order, scale, offset };
}

function rawOrEngineering(
  { offset, width, format, isWhole }: Slot,
  values: readonly number[],
): number {
  if (!isWhole || offset + width > values.length) return Number.NaN;
  if (format === undefined) return values[offset] ?? Number.NaN;
  return decodeValue(values.slice(offset, offset + width), format);
}
