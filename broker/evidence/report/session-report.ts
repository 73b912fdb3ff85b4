/**
 * What a session changed, from its recording alone: the marked values before and after, and each
 * change that was permitted, with what the points held before. Only the parts of a recording of
 * Modbus are read in which something was decided, so that a day of polling is no more work than a
 * write; one of OPC UA is read whole, since a subscription's numbers are told where it began.
 */
import { describeOperation } from "../../../protocols/modbus/describe.ts";
import { ModbusHistory } from "../../../protocols/modbus/history.ts";
import type { HistoryRow } from "../../../protocols/modbus/history-row.ts";
import { type PointType, registerCount } from "../../../protocols/modbus/values.ts";
import type { HeaderTag, TapeRecord } from "../../../protocols/tape/record.ts";
import { parseFrame } from "../key-frame.ts";
import { recordsOf } from "../recording-records.ts";
import type { Recording, Recordings, SegmentEntry } from "../recordings.ts";
import { NodeReport } from "./node-report.ts";
import {
  agreedTo,
  type Reading,
  ReportBook,
  type ReportedChange,
  type SessionReport,
} from "./report-book.ts";

/** Of these protocols there is one. */
export function hasReport(protocol: string): boolean {
  return protocol === "modbus" || protocol === "opcua";
}

export async function sessionReport(
  recordings: Pick<Recordings, "segment" | "frame">,
  recording: Recording,
): Promise<SessionReport> {
  return recording.header.endpoint.protocol === "opcua"
    ? nodeReport(recordings, recording)
    : registerReport(recordings, recording);
}

async function nodeReport(
  recordings: Pick<Recordings, "segment">,
  recording: Recording,
): Promise<SessionReport> {
  const report = new NodeReport(recording.header.tags);
  for await (const records of recordsOf(recordings, recording)) {
    for (const record of records) report.push(record);
  }
  return report.report();
}

async function registerReport(
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

class ReportReader {
  private history = new ModbusHistory();
  private readonly last = new Map<string, number>();
  private readonly book = new ReportBook<Point>();

  /** Parts were passed over: what the registers held then is all that is known. */
  skipTo(points: ReturnType<typeof parseFrame>): void {
    this.history = new ModbusHistory();
    this.last.clear();
    for (const point of points ?? []) this.last.set(keyOf(point), point.value);
  }

  push(record: TapeRecord): void {
    this.book.push(record);
    const { rows, points } = this.history.push(record);
    for (const row of rows) this.row(row);
    for (const point of points) this.last.set(keyOf(point), point.value);
  }

  report(tags: readonly HeaderTag[]): SessionReport {
    return this.book.report(tags, readIn);
  }

  private row(row: HistoryRow): void {
    const { operation, id, verdict } = row;
    if (row.by === "broker") this.reading(row);
    else if (operation.class !== "observe") {
      this.book.change(id, verdict === "permit", () => this.changeOf(row));
    }
  }

  private reading({ channel, operation, outcome, values, wallMs }: HistoryRow): void {
    if (outcome !== "answered" || operation.action !== "modbus:read") return;
    const { unit, table, address } = operation;
    values?.forEach((value, n) => {
      this.book.read(channel, keyOf({ unit, table, address: address + n }), { value, wallMs });
    });
  }

  private changeOf(row: HistoryRow): ReportedChange {
    const { operation, sequence, wallMs, rule, reason, outcome, id } = row;
    return {
      ...{ sequence, wallMs, rule, reason, outcome, node: null },
      description: describeOperation(operation),
      points: this.book.known(id)?.points ?? this.pointsOf(row),
      approval: agreedTo(reason),
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
}

interface Point {
  readonly value: number;
  readonly wallMs: number;
}

/** All of its registers, or nothing. */
function readIn(points: ReadonlyMap<string, Point>, tag: HeaderTag): Reading | undefined {
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
