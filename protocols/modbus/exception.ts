/**
 * Exception codes: what they mean to a person, and which one says a refusal of ours.
 * MODBUS Application Protocol V1.1b3, 7.
 */
import type { RefusalKind } from "../guard.ts";

export const EXCEPTION = {
  illegalFunction: 0x01,
  illegalAddress: 0x02,
  illegalValue: 0x03,
  deviceFailure: 0x04,
  acknowledge: 0x05,
  busy: 0x06,
  negativeAcknowledge: 0x07,
  memoryParity: 0x08,
  gatewayPath: 0x0a,
  gatewayTarget: 0x0b,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [EXCEPTION.illegalFunction, "illegal function"],
  [EXCEPTION.illegalAddress, "illegal data address"],
  [EXCEPTION.illegalValue, "illegal data value"],
  [EXCEPTION.deviceFailure, "device failure"],
  [EXCEPTION.acknowledge, "acknowledged, still working"],
  [EXCEPTION.busy, "device busy"],
  [EXCEPTION.negativeAcknowledge, "negative acknowledge"],
  [EXCEPTION.memoryParity, "memory parity error"],
  [EXCEPTION.gatewayPath, "gateway path unavailable"],
  [EXCEPTION.gatewayTarget, "device did not respond"],
]);

/** For example `illegal data address (02)`. */
export function exceptionName(code: number): string {
  const hex = code.toString(16).toUpperCase().padStart(2, "0");
  return `${NAMES.get(code) ?? "exception"} (${hex})`;
}

const REFUSALS: { readonly [kind in RefusalKind]: number } = {
  operation: EXCEPTION.illegalFunction,
  address: EXCEPTION.illegalAddress,
  value: EXCEPTION.illegalValue,
  type: EXCEPTION.illegalValue,
  busy: EXCEPTION.busy,
  unit: EXCEPTION.gatewayPath,
  unavailable: EXCEPTION.gatewayTarget,
};

/** The code that tells a Modbus client of a refusal. */
export function exceptionForRefusal(refusal: RefusalKind): number {
  return REFUSALS[refusal];
}
