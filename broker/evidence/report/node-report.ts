/** What a session of OPC UA changed: values of nodes before and after, writes and calls. */
import { describeWhat, shortNode } from "../../../protocols/opcua/describe.ts";
import {
  isQuiet,
  type NodeDeed,
  type NodeValue,
  OpcUaHistory,
} from "../../../protocols/opcua/history.ts";
import { ATTRIBUTE_VALUE } from "../../../protocols/opcua/operation.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import type { HeaderTag, TapeRecord } from "../../../protocols/tape/record.ts";
import {
  agreedTo,
  type Reading,
  ReportBook,
  type ReportedChange,
  type SessionReport,
} from "./report-book.ts";

export class NodeReport {
  private readonly history = new OpcUaHistory();
  private readonly book = new ReportBook<NodeValue>();
  private readonly all: readonly HeaderTag[];
  private readonly tags: ReadonlyMap<string, HeaderTag>;

  constructor(tags: readonly HeaderTag[]) {
    this.all = tags;
    this.tags = new Map(
      tags.flatMap((tag) => (tag.node === undefined ? [] : [[tag.node, tag] as const])),
    );
  }

  push(record: TapeRecord): void {
    this.book.push(record);
    const { deeds, values } = this.history.push(record);
    for (const deed of deeds) this.deed(deed);
    if (!("channel" in record)) return;
    for (const value of values) this.book.read(record.channel, value.node, value);
  }

  report(): SessionReport {
    return this.book.report(this.all, readIn);
  }

  private deed(deed: NodeDeed): void {
    const { operation, judged, by, id } = deed;
    const verdict = judged.answer.kind;
    if (by === "broker" || operation.class === "observe" || isQuiet(operation, verdict)) return;
    this.book.change(id, verdict === "permit", () => this.changeOf(deed));
  }

  private changeOf(deed: NodeDeed): ReportedChange {
    const { operation, judged, sequence, wallMs } = deed;
    const { rule, reason } = judged;
    return {
      ...{ sequence, wallMs, rule, reason, points: null },
      description: describeWhat(operation, (node) => this.nameOf(node)),
      node: this.writtenBy(deed),
      outcome: outcomeOf(deed),
      approval: agreedTo(reason),
    };
  }

  private writtenBy({ operation, before }: NodeDeed): ReportedChange["node"] {
    if (operation.action !== "opcua:write" || operation.attribute !== ATTRIBUTE_VALUE) return null;
    if (operation.range !== undefined) return null;
    const { node, text } = operation;
    const unit = this.tags.get(node)?.unit ?? "";
    const held = before && { text: before.text, number: before.number ?? null };
    return { name: this.nameOf(node), unit, before: held ?? null, value: text };
  }

  private nameOf(node: string): string {
    return this.tags.get(node)?.name ?? this.history.nameOf(node) ?? shortNode(node);
  }
}

function outcomeOf({ judged, status, withheld }: NodeDeed): ReportedChange["outcome"] {
  if (withheld) return "withheld";
  if (judged.answer.kind === "hold") return "held";
  if (judged.answer.kind === "deny") return "refused";
  if (status === undefined) return "pending";
  return isBad(status) ? "exception" : "answered";
}

/** A value that is not good says nothing about the plant. */
function readIn(values: ReadonlyMap<string, NodeValue>, tag: HeaderTag): Reading | undefined {
  const value = tag.node === undefined ? undefined : values.get(tag.node);
  if (value === undefined || isBad(value.status)) return undefined;
  const { text, number = null, wallMs: atMs } = value;
  return { registers: [], node: { text, number }, atMs };
}
