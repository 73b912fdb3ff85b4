/** The points that operations change, for locks. */

import type { Operation } from "../../protocols/guard.ts";
import { isModbusOperation, type ModbusOperation } from "../../protocols/modbus/operation.ts";
import { isOpcUaOperation, type OpcUaOperation } from "../../protocols/opcua/operation.ts";
import type { PointRange } from "../policy/decision.ts";
import type { PointSpan } from "./point-locks.ts";

export function changedPoints(items: readonly Operation[]): PointSpan[] {
  return items.flatMap((item) => {
    if (item.class === "observe") return [];
    if (isOpcUaOperation(item)) return [changedNode(item)];
    return isModbusOperation(item) ? [changedSpan(item)] : [];
  });
}

export function rangeSpan(range: PointRange): PointSpan {
  if ("node" in range) return nodeSpan(range.node);
  const { unit, table, address, count } = range;
  return { unit, table, first: address, last: address + count - 1 };
}

/** Nodes have no unit; `*` stands for all of them. */
const NO_UNIT = -1;

function nodeSpan(node: string): PointSpan {
  return { unit: NO_UNIT, table: node, first: 0, last: 0 };
}

/** A method may change anything. */
function changedNode(item: OpcUaOperation): PointSpan {
  return nodeSpan(item.action === "opcua:write" ? item.node : "*");
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
