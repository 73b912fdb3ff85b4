/**
 * What a session changed, from its recording alone: the marked values before and after, and each
 * change that was permitted, with what the points held before. Only the parts of the recording
 * are read in which something was decided, so that a day of polling is no more work than a write.
 */
import { describeOperation } from "../../../protocols/modbus/describe.ts";
import { ModbusHistory } from "../../../protocols/modbus/history.ts";
import type { HistoryRow } from "../../../protocols/modbus/history-row.ts";
import type { Table } from "../../../protocols/modbus/operation.ts";
import { type PointType, registerCount } from "../../../protocols/modbus/values.ts";
import { type Approval, approvalIn } from "../../../protocols/tape/approval.ts";
import type { HeaderTag, TapeRecord } from "../../../protocols/tape/record.ts";
import { type ReportMoment, reportMoment } from "../../../protocols/tape/report-moment.ts";
import { parseFrame } from "../key-frame.ts";
import { recordsOf } from "../recording-records.ts";
import type { Recording, Recordings, SegmentEntry } from "../recordings.ts";

/** More on one page is not read; how many were left out is said. */
export const CHANGES_LISTED_MAX = 500;

export interface Reading {
  readonly registers: readonly number[];
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

export async function sessionReport(
  recordings: Pick<Recordings, "segment" | "frame">,
  recording: Recording,
): Promise<SessionReport> {
  const reader = new ReportReader();
  const { header, segments } = recording;
  let next = 0;
  for (const segment of relevant(segments)) {
    if (segment.number !== next) {
      reader.skipTo(parseFrame((await recordings.frame(header.session, segment.number)) ?? NONE));
    }
    for await (const records of recordsOf(recordings, { header, segments: [segment] })) {
      for (const record of records) reader.push(record);
    }
    next = segment.number + 1;
  }
  return reader.report(header.tags);
}

const NONE = new Uint8Array(0);

/** Those with decisions, what follows each (its reading may be there), the first and the last. */
function relevant(segments: readonly SegmentEntry[]): readonly SegmentEntry[] {
  const decides = (segment: SegmentEntry | undefined) =>
    segment?.marks.some(({ kind }) => kind === "write" || kind === "hold") ?? false;
  return segments.filter(
    (segment, at) =>
      at === 0 || at === segments.length - 1 || decides(segment) || decides(segments[at - 1]),
  );
}

interface Taken {
  readonly moment: ReportMoment;
  readonly sequence: number;
  readonly points: Map<string, { readonly value: number; readonly wallMs: number }>;
}

class ReportReader {
  private history = new ModbusHistory();
  private readonly last = new Map<string, number>();
  /** By channel; the later reading of a number is another channel. */
  private readonly taken = new Map<number, Taken>();
  private readonly changes = new Map<string, ReportedChange>();
  private leftOut = 0;
  private lastChange = -1;
  private end: SessionReport["end"] = null;

  /** Parts were passed over: what the registers held then is all that is known. */
  skipTo(points: ReturnType<typeof parseFrame>): void {
    this.history = new ModbusHistory();
    this.last.clear();
    for (const point of points ?? []) this.last.set(keyOf(point), point.value);
  }

  push(record: TapeRecord): void {
    if (record.kind === "channel") {
      const moment = reportMoment(record);
      const { sequence } = record;
      if (moment) this.taken.set(record.channel, { moment, sequence, points: new Map() });
    }
    if (record.kind === "end") this.end = { rule: record.rule, reason: record.reason };
    const { rows, points } = this.history.push(record);
    for (const row of rows) this.row(row);
    for (const point of points) this.last.set(keyOf(point), point.value);
  }

  report(tags: readonly HeaderTag[]): SessionReport {
    return {
      values: tags.filter(({ report }) => report).map((tag) => this.valueOf(tag)),
      changes: [...this.changes.values()].filter(wasPermitted),
      changesLeftOut: this.leftOut,
      end: this.end,
    };
  }

  private row(row: HistoryRow): void {
    const { operation } = row;
    if (row.by === "broker") this.reading(row);
    else if (operation.class !== "observe") this.change(row);
  }

  private reading({ channel, operation, outcome, values, wallMs }: HistoryRow): void {
    const taken = this.taken.get(channel);
    if (!taken || outcome !== "answered" || operation.action !== "modbus:read") return;
    const { unit, table, address } = operation;
    values?.forEach((value, n) => {
      taken.points.set(keyOf({ unit, table, address: address + n }), { value, wallMs });
    });
  }

  private change(row: HistoryRow): void {
    const known = this.changes.get(row.id);
    if (!known && this.changes.size >= CHANGES_LISTED_MAX) {
      if (row.verdict === "permit") this.leftOut += 1;
      return;
    }
    if (row.verdict === "permit") this.lastChange = Math.max(this.lastChange, row.sequence);
    this.changes.set(row.id, this.changeOf(row, known));
  }

  private changeOf(row: HistoryRow, known: ReportedChange | undefined): ReportedChange {
    const { operation, sequence, wallMs, rule, reason, outcome } = row;
    const approval = approvalIn(reason);
    return {
      ...{ sequence, wallMs, rule, reason, outcome },
      description: describeOperation(operation),
      points: known?.points ?? this.pointsOf(row),
      approval: approval?.agreed
        ? { name: approval.name, actionId: approval.actionId, sha256: approval.sha256 }
        : null,
    };
  }

  private pointsOf({ operation }: HistoryRow): ReportedChange["points"] {
    if (operation.action !== "modbus:write") return null;
    const { unit, table, address, values } = operation;
    const before = values.map(
      (_, n) => this.last.get(keyOf({ unit, table, address: address + n })) ?? null,
    );
    return { unit, table, address, before, values: [...values] };
  }

  private valueOf(tag: HeaderTag): ReportedValue {
    const readings = [...this.taken.values()];
    const of = (moment: ReportMoment) =>
      readings.filter((one) => one.moment === moment).flatMap((one) => readIn(one, tag) ?? []);
    const after = readings.findLast(
      (one) => one.moment === "after" && one.sequence > this.lastChange && readIn(one, tag),
    );
    return {
      tag,
      before: of("before")[0] ?? null,
      held: of("hold"),
      after: (after && readIn(after, tag)) ?? null,
    };
  }
}

function wasPermitted({ outcome }: ReportedChange): boolean {
  return outcome !== "refused" && outcome !== "held";
}

/** All of its registers, or nothing. */
function readIn({ points }: Taken, tag: HeaderTag): Reading | undefined {
  const found = Array.from({ length: widthOf(tag) }, (_, n) =>
    points.get(keyOf({ unit: tag.unitId, table: tag.table, address: tag.address + n })),
  );
  const registers = found.flatMap((point) => (point === undefined ? [] : point.value));
  const atMs = found[0]?.wallMs;
  return registers.length === found.length && atMs !== undefined ? { registers, atMs } : undefined;
}

function widthOf({ table, type }: HeaderTag): number {
  return table === "coils" || table === "discrete-inputs" ? 1 : registerCount(type as PointType);
}

function keyOf(point: { unit: number; table: string; address: number }): string {
  return `${point.unit} ${point.table} ${point.address}`;
}
