/** What policy answers to one operation, and what it needs to know first. */
import type { Capabilities, Operation, RefusalKind } from "../../protocols/guard.ts";
import type { Table } from "../../protocols/modbus/operation.ts";

export type Decision =
  /** `scan`: on condition that its content is looked into before the asset has any of it. */
  | { readonly kind: "permit"; readonly rule: string; readonly scan?: true }
  | {
      readonly kind: "deny";
      readonly rule: string;
      readonly refusal: RefusalKind;
      readonly reason: string;
    }
  /** A person must agree. */
  | { readonly kind: "hold"; readonly rule: string; readonly reason: string };

/** What of a plant a limit depends on: its present value is read first. */
export type PointRange = RegisterRange | NodePoint;

/** Value of a node of OPC UA: one number, or those of an array. */
export interface NodePoint {
  readonly node: string;
}

/** Registers or coils. */
export interface RegisterRange {
  readonly unit: number;
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}

/** The rule matched, but its limits rest on values of the plant: read them, then ask `settle`. */
export interface NeedsValues {
  readonly kind: "needs-values";
  readonly rule: string;
  readonly ranges: readonly PointRange[];
  /** @param values one array per range, raw, in the same order. Pure; may be called at most once. */
  settle(values: readonly (readonly number[])[]): Decision;
}

/**
 * A profile compiled for one endpoint and subject. Called for every operation: a lookup, no I/O.
 * Rates are counted in the `ledger` when, and only when, the result is a permit.
 */
export interface Matcher {
  /**
   * The operation in the class that the profile names it by, where the guard cannot know it
   * (`classesByProfile`). Absent where it always can.
   */
  classed?(operation: Operation): Operation;
  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision | NeedsValues;
}

/**
 * Remembers when a subject last wrote a point of an endpoint. Lives as long as the endpoint, not
 * as a connection, so that reconnecting does not dodge a rate. Bounded.
 */
export interface RateLedger {
  /**
   * Counts one write of each point if for every one of them fewer than `countMax` lie within the
   * last `intervalMs`; false, and none counted, otherwise.
   */
  take(points: readonly string[], intervalMs: number, countMax: number, nowMs: number): boolean;
}
