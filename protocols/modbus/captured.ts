/** Modbus in a capture: the guard sees what is on the wire. */
import { type Captured, PLAIN_WIRE } from "../tape/capture.ts";
import { describeOperation } from "./describe.ts";
import { ModbusGuard } from "./guard.ts";
import { isModbusOperation } from "./operation.ts";

export const MODBUS_CAPTURED: Captured = {
  port: 502,
  guard: () => new ModbusGuard(),
  describe: (operation) =>
    isModbusOperation(operation) ? describeOperation(operation) : operation.action,
  wire: () => PLAIN_WIRE,
};
