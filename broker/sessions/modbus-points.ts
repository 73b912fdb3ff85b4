/** The points that Modbus operations change, for locks. */

import type { Operation } from "../../protocols/guard.ts";
import { isModbusOperation, type ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { PointRange } from "../policy/decision.ts";
import type { PointSpan } from "./point-locks.ts";

export function changedPoints(items: readonly Operation[]): PointSpan[] {
  return items.flatMap((item) => {
    if (item.class === "observe" || !isModbusOperation(item)) return [];
    return [changedSpan(item)];
  });
}

export function rangeSpan({ unit, table, address, count }: PointRange): PointSpan {
  return { unit, table, first: address, last: address + count - 1 };
}

/** What cannot be told apart (diagnostics, files, vendor codes) may change anything of its unit. */
function changedSpan(item: ModbusOperation): PointSpan {
  switch (item.action) {
    case "modbus:write":
      return rangeSpan({ ...item, count: item.values.length });
    case "modbus:mask":
      return rangeSpan({ ...item, count: 1 });
    default:
      return { unit: item.unit, table: "*", first: 0, last: 65_535 };
  }
}
