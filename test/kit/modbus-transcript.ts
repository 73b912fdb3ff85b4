/** Transcripts of the Modbus guard. */
import type { Operation } from "../../protocols/guard.ts";
import { describeOperation } from "../../protocols/modbus/describe.ts";
import { ModbusGuard, type ModbusGuardOptions } from "../../protocols/modbus/guard.ts";
import { isModbusOperation } from "../../protocols/modbus/operation.ts";
import { expectTranscript } from "./transcript.ts";

export function modbusTranscript(text: string, options: ModbusGuardOptions = {}): void {
  expectTranscript({ create: () => new ModbusGuard(options), describe }, text);
}

function describe(operation: Operation): string {
  if (!isModbusOperation(operation)) throw new Error(`${operation.action} is not Modbus`);
  return describeOperation(operation);
}
