/** An operation in one line, as transcripts, lists and audit trails show it. */
import type { ModbusOperation, Table } from "./operation.ts";

const TABLE_WORDS: { readonly [table in Table]: string } = {
  coils: "coil",
  "discrete-inputs": "discrete input",
  "holding-registers": "holding",
  "input-registers": "input",
};

/** Values shown before a list is cut short. */
const VALUES_SHOWN = 16;

/** For example `operate modbus:write unit 3 holding 100 = [2000]`. */
export function describeOperation(operation: ModbusOperation): string {
  return `${operation.class} ${operation.action} unit ${operation.unit} ${detail(operation)}`;
}

function detail(operation: ModbusOperation): string {
  switch (operation.action) {
    case "modbus:read":
      return `${TABLE_WORDS[operation.table]} ${span(operation.address, operation.count)}`;
    case "modbus:write":
      return `${TABLE_WORDS[operation.table]} ${span(operation.address, operation.values.length)} = ${list(operation.values)}`;
    case "modbus:mask":
      return `holding ${operation.address} and ${hex(operation.and)} or ${hex(operation.or)}`;
    case "modbus:identify":
      return operation.readCode === undefined
        ? `function ${operation.function}`
        : `function 43/14 code ${operation.readCode} object ${operation.object}`;
    case "modbus:diagnostic":
      return `function 8/${operation.subFunction} ${list(operation.data)}`;
    case "modbus:file-read":
      return `file ${operation.file} record ${span(operation.record, operation.count)}`;
    case "modbus:file-write":
      return `file ${operation.file} record ${span(operation.record, operation.values.length)} = ${list(operation.values)}`;
    case "modbus:fifo-read":
      return `fifo ${operation.pointer}`;
    case "modbus:other":
      return operation.subFunction === undefined
        ? `function ${operation.function} (${operation.payload.length} bytes)`
        : `function ${operation.function}/${operation.subFunction} (${operation.payload.length} bytes)`;
  }
}

function span(first: number, count: number): string {
  return count === 1 ? `${first}` : `${first}-${first + count - 1}`;
}

function list(values: readonly number[]): string {
  const shown = values.slice(0, VALUES_SHOWN).join(" ");
  return values.length > VALUES_SHOWN ? `[${shown} … ${values.length}]` : `[${shown}]`;
}

function hex(word: number): string {
  return word.toString(16).toUpperCase().padStart(4, "0");
}
