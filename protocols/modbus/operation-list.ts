/**
 * The operations of a recording as flat rows, for spreadsheets and scripts: CSV (RFC 4180) and
 * NDJSON with the same fields. One row an item of a request, in the order of the requests, each
 * as it ended.
 *
 * Texts come from people and assets: control characters and those that turn the direction of
 * text are taken out, and a CSV text that a spreadsheet would run as a formula is quoted with '.
 */
import type { Header, HeaderTag, TapeRecord } from "../tape/record.ts";
import { describeOperation } from "./describe.ts";
import { ModbusHistory } from "./history.ts";
import type { HistoryRow } from "./history-row.ts";
import type { ModbusOperation } from "./operation.ts";

export interface OperationEntry {
  /** UTC, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly session: string;
  readonly sequence: number;
  readonly channel: number;
  readonly by: string;
  readonly person: string;
  readonly asset: string;
  readonly class: string;
  readonly action: string;
  readonly function: number;
  readonly unit: number;
  readonly table: string;
  /** 0-based, as in the protocol; empty where the operation names none. */
  readonly address: number | "";
  readonly count: number | "";
  /** Names of the points it touches. */
  readonly tags: string;
  /** Raw values written, separated by spaces. */
  readonly written: string;
  /** Raw values that the asset answered. */
  readonly read: string;
  readonly verdict: string;
  readonly rule: string;
  readonly reason: string;
  readonly outcome: string;
  readonly exception: number | "";
  readonly latencyMs: number | "";
  readonly description: string;
}

const FIELDS = [
  "time",
  "session",
  "sequence",
  "channel",
  "by",
  "person",
  "asset",
  "class",
  "action",
  "function",
  "unit",
  "table",
  "address",
  "count",
  "tags",
  "written",
  "read",
  "verdict",
  "rule",
  "reason",
  "outcome",
  "exception",
  "latencyMs",
  "description",
] as const satisfies readonly (keyof OperationEntry)[];

/** A held write keeps back what follows, but not more than this. */
const WAITING_MAX = 10_000;

export class OperationList {
  private readonly header: Header;
  private readonly iso: (ms: number) => string;
  private readonly history = new ModbusHistory();
  /** In the order in which they were asked; rows that may still change wait at the front. */
  private readonly waiting = new Map<string, HistoryRow>();

  /** @param iso milliseconds since the epoch as RFC 3339 in UTC */
  constructor(header: Header, iso: (ms: number) => string) {
    this.header = header;
    this.iso = iso;
  }

  /** The operations that are settled with this record. */
  push(record: TapeRecord): readonly OperationEntry[] {
    for (const row of this.history.push(record).rows) this.waiting.set(row.id, row);
    return this.take((row) => !isOpen(row) || this.waiting.size > WAITING_MAX);
  }

  /** What is left at the end of the recording, as it stands. */
  finish(): readonly OperationEntry[] {
    return this.take(() => true);
  }

  private take(isReady: (row: HistoryRow) => boolean): readonly OperationEntry[] {
    const entries: OperationEntry[] = [];
    for (const [id, row] of this.waiting) {
      if (!isReady(row)) break;
      this.waiting.delete(id);
      entries.push(this.entryOf(row));
    }
    return entries;
  }

  private entryOf(row: HistoryRow): OperationEntry {
    const { operation } = row;
    const { session, subject, asset } = this.header;
    return {
      time: this.iso(row.wallMs),
      ...{ session, sequence: row.sequence, channel: row.channel, by: row.by },
      person: plain(subject.name),
      asset: plain(asset.name),
      class: operation.class,
      action: operation.action,
      function: operation.function,
      unit: operation.unit,
      ...placeOf(operation),
      tags: plain(tagsOf(operation, this.header.tags)),
      written: operation.action === "modbus:write" ? operation.values.join(" ") : "",
      read: operation.class === "observe" ? (row.values ?? []).join(" ") : "",
      verdict: row.verdict,
      rule: plain(row.rule),
      reason: plain(row.reason),
      outcome: row.outcome,
      exception: row.exception ?? "",
      latencyMs: row.latencyMs === undefined ? "" : Math.round(row.latencyMs * 1000) / 1000,
      description: plain(describeOperation(operation)),
    };
  }
}

export function csvHead(): string {
  return `${FIELDS.join(",")}\r\n`;
}

export function csvLine(entry: OperationEntry): string {
  return `${FIELDS.map((field) => csvValue(entry[field])).join(",")}\r\n`;
}

export function ndjsonLine(entry: OperationEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** One line of CSV: control characters out, formulas and commas quoted. */
export function csvRow(values: readonly (string | number)[]): string {
  const texts = values.map((value) => (typeof value === "string" ? plain(value) : value));
  return `${texts.map(csvValue).join(",")}\r\n`;
}

/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@]/;

function csvValue(value: string | number): string {
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",]/.test(safe) || safe !== value ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Control characters, and those that hide text or turn its direction. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function plain(text: string): string {
  return text.replaceAll(HOSTILE, " ").trim();
}

/** Still pending or held: what becomes of it comes later on the tape. */
function isOpen({ outcome }: HistoryRow): boolean {
  return outcome === "pending" || outcome === "held";
}

type Place = Pick<OperationEntry, "table" | "address" | "count">;

function placeOf(operation: ModbusOperation): Place {
  switch (operation.action) {
    case "modbus:read":
      return { table: operation.table, address: operation.address, count: operation.count };
    case "modbus:write": {
      const { table, address, values } = operation;
      return { table, address, count: values.length };
    }
    case "modbus:mask":
      return { table: operation.table, address: operation.address, count: 1 };
    default:
      return { table: "", address: "", count: "" };
  }
}

function tagsOf(operation: ModbusOperation, tags: readonly HeaderTag[]): string {
  const { table, address, count } = placeOf(operation);
  if (address === "" || count === "") return "";
  const touched = tags.filter(
    (tag) =>
      tag.unitId === operation.unit &&
      tag.table === table &&
      tag.address < address + count &&
      tag.address + widthOf(tag.type) > address,
  );
  return touched.map((tag) => tag.name).join(" ");
}

function widthOf(type: string): number {
  if (type.endsWith("64")) return 4;
  return type.endsWith("32") ? 2 : 1;
}
