/**
 * Which register of which PLC means what in the process.
 *
 * Measured values are written to the registers at every tick. Setpoints live in the registers
 * and are read from them: what a client wrote, half a float included, is what the process gets,
 * as in a real PLC.
 */
import type { Alarms, Measured, Setpoints, Switches } from "../process/water-plant.ts";

export type Coding = "uint16" | "int16" | "uint32" | "float32" | "int32-low-first";

export interface MeasuredRegister {
  readonly kind: "measured";
  readonly from: keyof Measured;
  readonly address: number;
  readonly coding: Coding;
  /** engineering value = raw * scale */
  readonly scale: number;
}

export interface SetpointRegister {
  readonly kind: "setpoint";
  readonly to: keyof Setpoints;
  readonly address: number;
  readonly coding: Coding;
  readonly scale: number;
}

export interface RegisterMap {
  readonly unit: number;
  readonly inputs: readonly MeasuredRegister[];
  readonly holdings: readonly SetpointRegister[];
  /** Protocol addresses, in the order of the names. */
  readonly coils: readonly (keyof Switches)[];
  readonly discretes: readonly (keyof Alarms)[];
  /** Holding address of a register that counts seconds, and of a 32-bit counter (low word first). */
  readonly heartbeat: number;
  /** Discrete input that shows the key switch for remote access, where this PLC has it wired. */
  readonly remoteAccess?: number;
  readonly batches: number;
}

const measured = (
  from: keyof Measured,
  address: number,
  scale: number,
  coding: Coding = "uint16",
): MeasuredRegister => ({ kind: "measured", from, address, coding, scale });

const setpoint = (
  to: keyof Setpoints,
  address: number,
  scale: number,
  coding: Coding = "uint16",
): SetpointRegister => ({ kind: "setpoint", to, address, coding, scale });

export const TREATMENT: RegisterMap = {
  unit: 1,
  inputs: [
    measured("t101Level", 0, 0.001),
    measured("inflow", 1, 0.1),
    measured("p101Speed", 2, 0.1),
    measured("p101Current", 3, 0.01),
    measured("filterPressure", 4, 0.001),
    measured("turbidity", 5, 1, "float32"),
    measured("doseFlow", 7, 0.01),
    measured("t301Level", 8, 0.001),
    measured("chlorine", 9, 1, "float32"),
    measured("pressure", 11, 0.01),
    measured("demand", 12, 0.1),
    measured("temperature", 13, 0.1, "int16"),
  ],
  holdings: [
    setpoint("p101Speed", 11, 0.1),
    setpoint("p101Mode", 12, 1),
    setpoint("t101High", 13, 0.01),
    setpoint("dose", 20, 1, "float32"),
    setpoint("backwashInterval", 22, 1, "uint32"),
    setpoint("p301Pressure", 30, 0.01),
    setpoint("t301Low", 32, 0.01),
  ],
  coils: ["p101Run", "dosingEnable", "backwash", "p301Run", "acknowledge", "remote"],
  discretes: [
    "t101High",
    "t101Low",
    "filterClogged",
    "t301Low",
    "dosingBlocked",
    "p101Tripped",
    "p301Tripped",
  ],
  heartbeat: 0,
  remoteAccess: 7,
  batches: 40,
};

/** The distribution PLC of the same works: another unit on another port, fewer points. */
export const DISTRIBUTION: RegisterMap = {
  unit: 2,
  inputs: [
    measured("pressure", 0, 0.01),
    measured("demand", 1, 0.1),
    measured("p301Speed", 2, 0.1),
    measured("t301Level", 3, 0.001),
    measured("chlorine", 4, 1, "float32"),
  ],
  holdings: [setpoint("p301Pressure", 10, 0.01), setpoint("t301Low", 11, 0.01)],
  coils: ["p301Run"],
  discretes: ["t301Low", "p301Tripped"],
  heartbeat: 0,
  batches: 40,
};
