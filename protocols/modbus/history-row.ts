/** What a tape tells about Modbus, as lists, trends, search and exports show it. */
import type { ModbusOperation, Table } from "./operation.ts";
import type { DeviceIdentity } from "./reply-values.ts";

/**
 * What became of an operation.
 *
 * `pending`: permitted, no answer yet. `answered`, `exception`: by the asset. `refused`: by the
 * broker. `held`: waits for a person. `lost`: sent, never answered; a change may or may not have
 * been carried out. `withheld`: permitted, but taken back before the asset saw it.
 */
export type RowOutcome =
  | "pending"
  | "answered"
  | "exception"
  | "refused"
  | "held"
  | "lost"
  | "withheld";

/** One item of one request. Reported again, under the same id, whenever it changes. */
export interface HistoryRow {
  /** `<channel>/<decision>/<item>`, unique within a session. */
  readonly id: string;
  /** Of the record with its (first) verdict. */
  readonly sequence: number;
  readonly wallMs: number;
  readonly channel: number;
  /** `broker` for probes. */
  readonly by: "subject" | "broker";
  readonly operation: ModbusOperation;
  /** The latest; a settled hold becomes permit or deny. */
  readonly verdict: "permit" | "deny" | "hold";
  readonly rule: string;
  readonly reason: string;
  readonly outcome: RowOutcome;
  /** The code that the client was answered with, by the asset or by the broker. */
  readonly exception?: number;
  /** What the asset answered to this item; see `Reply` in `reply-values.ts`. */
  readonly values?: readonly number[];
  readonly identity?: DeviceIdentity;
  /** From the permit to the answer. */
  readonly latencyMs?: number;
}

/** A request that the guard refused by itself, since it is none. */
export interface MalformedRow {
  readonly sequence: number;
  readonly wallMs: number;
  readonly channel: number;
  readonly unit: number;
  readonly function: number;
  readonly reason: string;
  readonly exception: number;
}

/** A point had this raw value: the asset said so in a reply, or acknowledged that it was written. */
export interface PointValue {
  readonly unit: number;
  readonly table: Table;
  readonly address: number;
  readonly value: number;
  readonly wallMs: number;
  readonly sequence: number;
  readonly source: "read" | "write";
}

export interface HistoryStep {
  readonly rows: readonly HistoryRow[];
  readonly points: readonly PointValue[];
  readonly malformed: readonly MalformedRow[];
}
