/**
 * The Modbus operations, as policy, recording and the console see them.
 *
 * Addresses are protocol addresses (0-based, 16 bit), never the 4xxxx notation. Values of
 * registers are unsigned 16 bit; of coils 0 or 1. Classes after PROTOCOLS.md: reads `observe`,
 * writes `operate`, diagnostics that act, file writes and everything unknown `program`.
 */
import type { Operation } from "../guard.ts";

export type Table = "coils" | "discrete-inputs" | "holding-registers" | "input-registers";

interface Base extends Operation {
  /** 0–255; 0 and 255 are explicit units like any other. */
  readonly unit: number;
  /** Function code 1–127. */
  readonly function: number;
}

/** Function codes 1, 2, 3, 4, and the read half of 23. */
export interface ReadOperation extends Base {
  readonly action: "modbus:read";
  readonly class: "observe";
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}

/** Function codes 5, 6, 15, 16, and the write half of 23: `values.length` consecutive points. */
export interface WriteOperation extends Base {
  readonly action: "modbus:write";
  readonly class: "operate";
  readonly table: "coils" | "holding-registers";
  readonly address: number;
  readonly values: readonly number[];
}

/** Function code 22: the register becomes `(current & and) | (or & ~and)`. */
export interface MaskOperation extends Base {
  readonly action: "modbus:mask";
  readonly class: "operate";
  readonly table: "holding-registers";
  readonly address: number;
  readonly and: number;
  readonly or: number;
}

/** Function codes 7, 11, 12, 17 and 43/14: the device tells about itself. */
export interface IdentifyOperation extends Base {
  readonly action: "modbus:identify";
  readonly class: "observe";
  /** For 43/14: read device identification code 1–4 and object. */
  readonly readCode?: number;
  readonly object?: number;
}

/** Function code 8. Sub-function 0 (echo) and counters are still `program`: a profile names what it wants. */
export interface DiagnosticOperation extends Base {
  readonly action: "modbus:diagnostic";
  readonly class: "program";
  readonly subFunction: number;
  readonly data: readonly number[];
}

/** Function code 20, one per sub-request. */
export interface FileReadOperation extends Base {
  readonly action: "modbus:file-read";
  readonly class: "observe";
  readonly file: number;
  readonly record: number;
  readonly count: number;
}

/** Function code 21, one per sub-request. */
export interface FileWriteOperation extends Base {
  readonly action: "modbus:file-write";
  readonly class: "program";
  readonly file: number;
  readonly record: number;
  readonly values: readonly number[];
}

/** Function code 24. */
export interface FifoReadOperation extends Base {
  readonly action: "modbus:fifo-read";
  readonly class: "observe";
  readonly pointer: number;
}

/** Anything else, vendor codes included. Denied unless a rule names the function. */
export interface OtherOperation extends Base {
  readonly action: "modbus:other";
  readonly class: "program";
  /** 43: the MEI type; 90 (UMAS): the sub-code; 8-like vendor codes: none. */
  readonly subFunction?: number;
  readonly payload: Uint8Array;
}

export type ModbusOperation =
  | ReadOperation
  | WriteOperation
  | MaskOperation
  | IdentifyOperation
  | DiagnosticOperation
  | FileReadOperation
  | FileWriteOperation
  | FifoReadOperation
  | OtherOperation;

export function isModbusOperation(operation: Operation): operation is ModbusOperation {
  return operation.action.startsWith("modbus:");
}
