/** What a report of a session is made of, whatever the protocol: readings, changes and the end. */
import type { HistoryRow } from "../../../protocols/modbus/history-row.ts";
import type { Table } from "../../../protocols/modbus/operation.ts";
import { type Approval, approvalIn } from "../../../protocols/tape/approval.ts";
import type { HeaderTag, TapeRecord } from "../../../protocols/tape/record.ts";
import { type ReportMoment, reportMoment } from "../../../protocols/tape/report-moment.ts";

/** More on one page is not read; how many were left out is said. */
export const CHANGES_LISTED_MAX = 500;

export interface Reading {
  /** Of a node none. */
  readonly registers: readonly number[];
  /** Value of a node as people read it, and as a number where it is one. */
  readonly node?: { readonly text: string; readonly number: number | null };
  readonly atMs: number;
}

export interface ReportedValue {
  readonly tag: HeaderTag;
  /** Null: not read, or not since the last change. */
  readonly before: Reading | null;
  readonly held: readonly Reading[];
  readonly after: Reading | null;
}

export interface ReportedChange {
  readonly sequence: number;
  readonly wallMs: number;
  readonly description: string;
  /** Where it writes points. */
  readonly points: {
    readonly unit: number;
    readonly table: Table;
    readonly address: number;
    /** What each held before, as far as the recording tells. */
    readonly before: readonly (number | null)[];
    readonly values: readonly number[];
  } | null;
  /** Where it writes the value of a node. */
  readonly node: {
    /** Of the plant file, or its id. */
    readonly name: string;
    readonly unit: string;
    /** As far as the recording tells. */
    readonly before: { readonly text: string; readonly number: number | null } | null;
    readonly value: string;
  } | null;
  readonly outcome: HistoryRow["outcome"];
  readonly rule: string;
  readonly reason: string;
  readonly approval: Approval | null;
}

export interface SessionReport {
  readonly values: readonly ReportedValue[];
  readonly changes: readonly ReportedChange[];
  readonly changesLeftOut: number;
  readonly end: { readonly rule: string; readonly reason: string } | null;
}

/** One reading of the broker: values by what they are of. */
interface Taken<Value> {
  readonly moment: ReportMoment;
  readonly sequence: number;
  readonly values: Map<string, Value>;
}

export class ReportBook<Value> {
  /** By channel; the later reading of a number is another channel. */
  private readonly taken = new Map<number, Taken<Value>>();
  private readonly changes = new Map<string, ReportedChange>();
  private leftOut = 0;
  private lastChange = -1;
  private end: SessionReport["end"] = null;

  push(record: TapeRecord): void {
    if (record.kind === "channel") {
      const moment = reportMoment(record);
      const { sequence } = record;
      if (moment) this.taken.set(record.channel, { moment, sequence, values: new Map() });
    }
    if (record.kind === "end") this.end = { rule: record.rule, reason: record.reason };
  }

  /** A value that the broker read, where it read for the report. */
  read(channel: number, key: string, value: Value): void {
    this.taken.get(channel)?.values.set(key, value);
  }

  known(id: string): ReportedChange | undefined {
    return this.changes.get(id);
  }

  change(id: string, permitted: boolean, made: () => ReportedChange): void {
    if (!this.changes.has(id) && this.changes.size >= CHANGES_LISTED_MAX) {
      if (permitted) this.leftOut += 1;
      return;
    }
    const change = made();
    if (permitted) this.lastChange = Math.max(this.lastChange, change.sequence);
    this.changes.set(id, change);
  }

  /** @param readIn all of a tag in one reading, or nothing */
  report(
    tags: readonly HeaderTag[],
    readIn: (values: ReadonlyMap<string, Value>, tag: HeaderTag) => Reading | undefined,
  ): SessionReport {
    return {
      values: tags.filter(({ report }) => report).map((tag) => this.valueOf(tag, readIn)),
      changes: [...this.changes.values()].filter(wasPermitted),
      changesLeftOut: this.leftOut,
      end: this.end,
    };
  }

  private valueOf(
    tag: HeaderTag,
    readIn: (values: ReadonlyMap<string, Value>, tag: HeaderTag) => Reading | undefined,
  ): ReportedValue {
    const readings = [...this.taken.values()];
    const of = (moment: ReportMoment) =>
      readings
        .filter((one) => one.moment === moment)
        .flatMap(({ values }) => readIn(values, tag) ?? []);
    const after = readings.findLast(
      ({ moment, sequence, values }) =>
        moment === "after" && sequence > this.lastChange && readIn(values, tag),
    );
    return {
      tag,
      before: of("before")[0] ?? null,
      held: of("hold"),
      after: (after && readIn(after.values, tag)) ?? null,
    };
  }
}

export function agreedTo(reason: string): Approval | null {
  const approval = approvalIn(reason);
  return approval?.agreed
    ? { name: approval.name, actionId: approval.actionId, sha256: approval.sha256 }
    : null;
}

function wasPermitted({ outcome }: ReportedChange): boolean {
  return outcome !== "refused" && outcome !== "held";
}
