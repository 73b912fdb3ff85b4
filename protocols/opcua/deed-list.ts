/**
 * What was done over OPC UA as flat rows, for spreadsheets and scripts: CSV (RFC 4180) and NDJSON
 * with the same fields. One row an item of a request, in the order of the requests, each as it
 * ended; and one for each value that a node had (`opcua:value`), where it was told.
 */
import { csvRow } from "../modbus/operation-list.ts";
import type { Header, TapeRecord } from "../tape/record.ts";
import { attributeName, describeWhat } from "./describe.ts";
import { isQuiet, type NodeDeed, type NodeValue, OpcUaHistory } from "./history.ts";
import type { OpcUaOperation } from "./operation.ts";
import { isBad, statusText } from "./status.ts";
import { eventText } from "./told-event.ts";

export interface DeedRow {
  /** UTC, RFC 3339 with milliseconds. */
  readonly time: string;
  readonly session: string;
  readonly sequence: number;
  readonly by: string;
  readonly person: string;
  readonly asset: string;
  readonly class: string;
  readonly action: string;
  /** `nsu=URI;ID` */
  readonly node: string;
  /** Of the plant file, or the name that browsing showed. */
  readonly name: string;
  readonly attribute: string;
  readonly method: string;
  readonly arguments: string;
  readonly type: string;
  /** What was written, or what the node had. */
  readonly value: string;
  /** What it held before it was written, as far as the recording tells. */
  readonly before: string;
  readonly verdict: string;
  readonly rule: string;
  readonly reason: string;
  readonly outcome: string;
  readonly description: string;
}

const FIELDS = [
  ...["time", "session", "sequence", "by", "person", "asset", "class", "action", "node", "name"],
  ...["attribute", "method", "arguments", "type", "value", "before", "verdict", "rule", "reason"],
  ...["outcome", "description"],
] as readonly (keyof DeedRow)[];

/** What waits for a person or for the asset keeps back what follows, but not more than this. */
const WAITING_MAX = 10_000;

export class DeedList {
  private readonly header: Header;
  private readonly iso: (ms: number) => string;
  private readonly history = new OpcUaHistory();
  private readonly tags: ReadonlyMap<string, string>;
  /** In the order in which they were asked; rows that may still change wait at the front. */
  private readonly waiting = new Map<string, NodeDeed | NodeValue>();
  private values = 0;

  /** @param iso milliseconds since the epoch as RFC 3339 in UTC */
  constructor(header: Header, iso: (ms: number) => string) {
    this.header = header;
    this.iso = iso;
    const named = header.tags.flatMap(({ node, name }) =>
      node === undefined ? [] : [[node, name] as const],
    );
    this.tags = new Map(named);
  }

  /** The rows that are settled with this record. */
  push(record: TapeRecord): readonly DeedRow[] {
    const { deeds, values } = this.history.push(record);
    for (const deed of deeds) {
      if (!isQuiet(deed.operation, deed.judged.answer.kind)) this.waiting.set(deed.id, deed);
    }
    for (const value of values) this.waiting.set(`value/${this.values++}`, value);
    return this.take((row) => !isOpen(row) || this.waiting.size > WAITING_MAX);
  }

  /** What is left at the end of the recording, as it stands. */
  finish(): readonly DeedRow[] {
    return this.take(() => true);
  }

  private take(isReady: (row: NodeDeed | NodeValue) => boolean): readonly DeedRow[] {
    const rows: DeedRow[] = [];
    for (const [id, row] of this.waiting) {
      if (!isReady(row)) break;
      this.waiting.delete(id);
      rows.push("judged" in row ? this.deedRow(row) : this.valueRow(row));
    }
    return rows;
  }

  private deedRow(deed: NodeDeed): DeedRow {
    const { operation, judged, before } = deed;
    const node = "node" in operation ? (operation.node ?? "") : "";
    return {
      ...this.common(deed, node),
      by: deed.by,
      class: operation.class,
      action: operation.action,
      ...fieldsOf(operation),
      before: before?.text ?? "",
      ...{ verdict: judged.answer.kind, rule: judged.rule, reason: judged.reason },
      outcome: outcomeOf(deed),
      description: describeWhat(operation, (each) => this.nameOf(each)),
      ...(deed.event && { action: "opcua:event", description: eventText(deed.event) }),
    };
  }

  private valueRow(value: NodeValue): DeedRow {
    return {
      ...this.common(value, value.node),
      ...{ by: "", class: "observe", action: "opcua:value" },
      ...{ attribute: "Value", method: "", arguments: "", type: "", value: value.text, before: "" },
      ...{ verdict: "", rule: "", reason: "" },
      ...{ outcome: value.status === 0 ? "" : statusText(value.status), description: "" },
    };
  }

  private common({ wallMs, sequence }: { wallMs: number; sequence: number }, node: string) {
    const { session, subject, asset } = this.header;
    const name = node === "" ? "" : this.nameOf(node);
    const who = { person: subject.name, asset: asset.name };
    return { time: this.iso(wallMs), session, sequence, ...who, node, name };
  }

  private nameOf(node: string): string {
    return this.tags.get(node) ?? this.history.nameOf(node) ?? node.replace(/^nsu=[^;]*;/, "");
  }
}

export function deedCsvHead(): string {
  return `${FIELDS.join(",")}\r\n`;
}

export function deedCsvLine(row: DeedRow): string {
  return csvRow(FIELDS.map((field) => row[field]));
}

export function deedNdjsonLine(row: DeedRow): string {
  return `${JSON.stringify(row)}\n`;
}

type OwnFields = Pick<DeedRow, "attribute" | "method" | "arguments" | "type" | "value">;

function fieldsOf(operation: OpcUaOperation): OwnFields {
  const attribute =
    "attribute" in operation && operation.attribute !== undefined
      ? attributeName(operation.attribute)
      : "";
  const given = "arguments" in operation ? operation.arguments.join(" ") : "";
  return {
    ...{ attribute, arguments: given, method: "method" in operation ? operation.method : "" },
    type: operation.action === "opcua:write" ? operation.type : "",
    value: operation.action === "opcua:write" ? operation.text : "",
  };
}

function outcomeOf({ judged, operation, status, withheld }: NodeDeed): string {
  if (withheld) return "withheld";
  if (judged.answer.kind !== "permit") return judged.answer.kind === "hold" ? "held" : "refused";
  if (status === undefined) return operation.class === "observe" ? "" : "unknown";
  return isBad(status) ? statusText(status) : "done";
}

/** What becomes of it comes later on the tape. */
function isOpen(row: NodeDeed | NodeValue): boolean {
  if (!("judged" in row) || row.withheld) return false;
  if (row.judged.answer.kind === "hold") return true;
  const isAwaited = row.judged.answer.kind === "permit" && row.operation.class !== "observe";
  return isAwaited && row.status === undefined;
}
