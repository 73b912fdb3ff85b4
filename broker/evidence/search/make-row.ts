/** Rows of the index from what the histories tell. */
import type { Operation } from "../../../protocols/guard.ts";
import type { HistoryRow, MalformedRow } from "../../../protocols/modbus/history-row.ts";
import { isModbusOperation } from "../../../protocols/modbus/operation.ts";
import { describeWhat } from "../../../protocols/opcua/describe.ts";
import { isOpcUaOperation, type OpcUaOperation } from "../../../protocols/opcua/operation.ts";
import type { Header, TapeRecord } from "../../../protocols/tape/record.ts";
import type { NodeRows } from "./node-rows.ts";
import type { IndexedRow } from "./row.ts";
import type { TouchedPoints } from "./touched-points.ts";

/** One item of a request, as far as it is known. */
export interface Settled extends Pick<HistoryRow, "id" | "sequence" | "wallMs" | "by"> {
  readonly item: number;
  readonly operation: Operation;
  readonly verdict: "permit" | "deny" | "hold";
  readonly rule: string;
  readonly reason: string;
  readonly outcome: HistoryRow["outcome"] | "permitted";
  readonly values: readonly number[];
  readonly exception: number;
}

/** Longer texts are found by their beginning; the recording has all of it. */
const TEXT_MAX = 4_096;

const BASE = {
  ...{ item: 0, count: 1, class: undefined, verdict: undefined, outcome: undefined },
  ...{ wasHeld: false, byBroker: false, rule: "", reason: "", text: "", file: "", points: [] },
} as const;

/** Where what an operation touched gets its name. */
export interface RowSources {
  readonly points: TouchedPoints;
  readonly nodes: NodeRows;
}

export function operationRow(
  settled: Settled,
  wasHeld: boolean,
  { points, nodes }: RowSources,
): IndexedRow {
  const { operation, sequence, wallMs, values } = settled;
  return {
    ...BASE,
    ...{ sequence, item: settled.item, atMs: wallMs, untilSequence: sequence, untilMs: wallMs },
    class: operation.class,
    verdict: settled.verdict,
    outcome: settled.outcome,
    wasHeld,
    byBroker: settled.by === "broker",
    action: operation.action,
    rule: settled.rule,
    reason: settled.reason.slice(0, TEXT_MAX),
    ...textsOf(operation),
    points: isModbusOperation(operation)
      ? points.of(operation, "values" in operation ? operation.values : values, sequence)
      : [],
    ...(isOpcUaOperation(operation) && nodes.of(operation, sequence)),
  };
}

/** Fields that name files, in the words of the protocols here. */
const FILE_FIELDS: readonly string[] = ["path", "file", "from", "to", "name", "target"];

/** Every text in an operation that is no word of its protocol: commands, names, paths. */
function textsOf(operation: Operation): Pick<IndexedRow, "text" | "file"> {
  if (isModbusOperation(operation)) return { text: "", file: "" };
  const fields = Object.entries(operation).filter(
    ([name, value]) => name !== "action" && name !== "class" && typeof value === "string",
  );
  const chosen = (isFile: boolean) =>
    fields
      .filter(([name]) => FILE_FIELDS.includes(name) === isFile)
      .map(([, value]) => value)
      .join(" ")
      .slice(0, TEXT_MAX);
  return { text: chosen(false), file: chosen(true) };
}

/** Reads that are folded with others of this key; undefined for what is a row of its own. */
export function pollKey(settled: Settled, wasHeld: boolean): string | undefined {
  const { operation, verdict, rule, by, outcome, exception } = settled;
  if (isOpcUaOperation(operation)) return nodePollKey(settled, operation, wasHeld);
  if (operation.action !== "modbus:read" || !isModbusOperation(operation)) return undefined;
  if (verdict !== "permit" || wasHeld || outcome === "withheld") return undefined;
  const { unit, table, address, count } = operation as Extract<
    typeof operation,
    { action: "modbus:read" }
  >;
  return `${by} ${unit} ${table} ${address} ${count} ${outcome} ${exception} ${rule}`;
}

/** Looking at the same again: reading, browsing, watching. */
function nodePollKey(
  { verdict, rule, by, outcome }: Settled,
  operation: OpcUaOperation,
  wasHeld: boolean,
): string | undefined {
  if (operation.class !== "observe") return undefined;
  if (verdict !== "permit" || wasHeld || outcome === "withheld") return undefined;
  return `${by} ${operation.action} ${describeWhat(operation, (node) => node)} ${rule}`;
}

/** No request at all, so the guard refused it by itself. */
export function malformedRow({ sequence, wallMs, reason }: MalformedRow): IndexedRow {
  return {
    ...BASE,
    ...{ sequence, atMs: wallMs, untilSequence: sequence, untilMs: wallMs },
    ...{ verdict: "deny", outcome: "refused", action: "modbus:malformed", rule: "protocol" },
    reason,
  };
}

/** What happened beside operations; undefined for records that say nothing of the kind. */
export function happeningRow(record: TapeRecord, header: Header): IndexedRow | undefined {
  const { sequence, wallMs } = record;
  const base = { ...BASE, sequence, atMs: wallMs, untilSequence: sequence, untilMs: wallMs };
  switch (record.kind) {
    case "capabilities": {
      const text = record.classes.join(" ");
      return { ...base, action: "session:capabilities", reason: record.cause, text };
    }
    case "watch":
      return {
        ...base,
        action: record.joined ? "session:watched" : "session:unwatched",
        text: record.subject,
      };
    case "gap":
      return { ...base, action: "session:gap", reason: record.cause };
    case "end":
      return { ...base, action: "session:end", rule: record.rule, reason: record.reason };
    case "channel":
      if (record.by === "broker") return undefined;
      return { ...base, action: "session:channel", text: record.peer || header.endpoint.id };
    default:
      return undefined;
  }
}

/**
 * A piece of text that a protocol's history read: what was typed or shown on a terminal, the name
 * of a file. Undefined for what was typed while the echo was off: it must not be in any index.
 */
export function textRow(told: ToldText): IndexedRow | undefined {
  if (told.what === "typed" && !told.echo) return undefined;
  const { sequence, wallMs, item = 0 } = told;
  const text = told.text.slice(0, TEXT_MAX);
  return {
    ...BASE,
    ...{ sequence, item, atMs: wallMs, untilSequence: sequence, untilMs: wallMs },
    action: `text:${told.what}`,
    ...(told.what === "file" ? { file: text } : { text }),
  };
}

export interface ToldText {
  readonly sequence: number;
  /** Where a record tells several. */
  readonly item?: number;
  readonly wallMs: number;
  readonly what: "typed" | "shown" | "file";
  readonly text: string;
  /** Whether the terminal showed what was typed. */
  readonly echo: boolean;
}
