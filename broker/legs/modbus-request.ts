/** One request from a channel on its way through a Modbus connection, from `send` to its answer. */
import type { ModbusLeg } from "./modbus-leg.ts";

/** Kept for use again: those in flight at once, of all connections. */
const SPARES_MAX = 512;
const spares: ModbusRequest[] = [];

export class ModbusRequest {
  leg: ModbusLeg;
  /** One whole ADU; its first two bytes become the connection's transaction id when it leaves. */
  frame: Uint8Array;
  /** The guard's own transaction number. */
  number: number;
  /** The decision it carries out, where that can change the asset. */
  change: number | undefined;
  sentMs = 0;
  /** It was sent before, on a connection that the device closed. */
  isAgain = false;
  /** The connection's transaction id, and its place among all that were sent. */
  wire = 0;
  order = 0;

  private constructor(leg: ModbusLeg, frame: Uint8Array, change: number | undefined) {
    this.leg = leg;
    this.frame = frame;
    this.number = numberIn(frame);
    this.change = change;
  }

  static of(leg: ModbusLeg, frame: Uint8Array, change: number | undefined): ModbusRequest {
    const spare = spares.pop();
    if (spare === undefined) return new ModbusRequest(leg, frame, change);
    spare.leg = leg;
    spare.frame = frame;
    spare.number = numberIn(frame);
    spare.change = change;
    spare.sentMs = 0;
    spare.isAgain = false;
    return spare;
  }

  /** It was answered, and nobody has it any more. */
  rest(): void {
    this.leg.spent(this.frame);
    if (spares.length < SPARES_MAX) spares.push(this);
  }
}

function numberIn(frame: Uint8Array): number {
  return ((frame[0] ?? 0) << 8) | (frame[1] ?? 0);
}
