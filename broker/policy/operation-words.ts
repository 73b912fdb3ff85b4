/** What an operation does, in the words of the plant, whatever protocol it is of. */
import type { Operation } from "../../protocols/guard.ts";
import { isWebOperation } from "../../protocols/http/operation.ts";
import { isModbusOperation } from "../../protocols/modbus/operation.ts";
import { isOpcUaOperation } from "../../protocols/opcua/operation.ts";
import { isRfbOperation } from "../../protocols/rfb/operation.ts";
import { isSshOperation } from "../../protocols/ssh/operation.ts";
import type { Tag } from "../plant/model.ts";
import type { NodeTag } from "../plant/opcua-model.ts";
import { namesOf, opcUaDeed } from "./opcua-words.ts";
import { deed } from "./point-words.ts";
import { areaOf, firstOf, lastOf, TagIndex, tableOf } from "./points.ts";
import { sshDeed } from "./ssh-words.ts";
import { vncDeed } from "./vnc-words.ts";
import { webDeed } from "./web-words.ts";

/** What its points are called. */
export interface Named {
  readonly tags: readonly Tag[];
  readonly nodes: readonly NodeTag[];
}

/** For many operations of one endpoint. `writing P101.SpeedSetpoint`, `the command show version` */
export function operationWords({ tags, nodes }: Named): (operation: Operation) => string {
  const index = new TagIndex(tags.map((tag) => ({ tag })));
  const name = namesOf(nodes);
  return (operation) => {
    if (isModbusOperation(operation)) {
      const table = tableOf(operation);
      if (table === undefined) return deed(operation, []);
      const area = areaOf(operation.unit, table);
      const touched = index.touching(area, firstOf(operation), lastOf(operation));
      return deed(
        operation,
        touched.map(({ tag }) => tag),
      );
    }
    if (isOpcUaOperation(operation)) return opcUaDeed(operation, name);
    if (isSshOperation(operation)) return sshDeed(operation);
    if (isRfbOperation(operation)) return vncDeed(operation);
    if (isWebOperation(operation)) return webDeed(operation);
    return operation.action;
  };
}
