/** An operation as far as risk looks at it: what it does, in words, and which values it sets. */
import type { Operation } from "../../../protocols/guard.ts";
import { isModbusOperation } from "../../../protocols/modbus/operation.ts";
import type { Tag } from "../../plant/model.ts";
import { operationWords } from "../operation-words.ts";
import { areaOf, firstOf, isWrite, lastOf, TagIndex } from "../points.ts";
import { engineering, rawValue } from "../raw-value.ts";

export interface Deed {
  /** `writing P101.SpeedSetpoint` */
  readonly words: string;
  /** Of tags in their own units; of registers that have no name, as they are on the wire. */
  readonly values: readonly { readonly point: string; readonly value: number }[];
}

/** For the operations of one endpoint; values are known of Modbus alone. */
export function deedsOf(tags: readonly Tag[]): (operation: Operation) => Deed {
  const words = operationWords({ tags, nodes: [] });
  const index = new TagIndex(tags.map((tag) => ({ tag })));
  return (operation) => ({ words: words(operation), values: valuesOf(index, operation) });
}

function valuesOf(index: TagIndex<{ readonly tag: Tag }>, operation: Operation): Deed["values"] {
  if (!isModbusOperation(operation) || !isWrite(operation)) return [];
  if (operation.action !== "modbus:write") return [];
  const { unit, table, address, values } = operation;
  const touched = index.touching(areaOf(unit, table), firstOf(operation), lastOf(operation));
  if (touched.length === 0) {
    return values.map((value, n) => ({ point: `${table} ${unit}:${address + n}`, value }));
  }
  return touched.flatMap(({ tag }) => {
    const value = engineering(tag, rawValue(tag, values, tag.address - address));
    return Number.isFinite(value) ? [{ point: tag.name, value }] : [];
  });
}
