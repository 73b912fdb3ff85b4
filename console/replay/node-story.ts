/** What the tape of an OPC UA session tells: deeds by the names of nodes, and the course of values. */
import { shortNode } from "../../protocols/opcua/describe.ts";
import {
  isQuiet,
  type NodeDeed,
  type NodeValue,
  OpcUaHistory,
} from "../../protocols/opcua/history.ts";
import type { HistoryState } from "../../protocols/opcua/history-frame.ts";
import type { OpcUaOperation } from "../../protocols/opcua/operation.ts";
import { isBad } from "../../protocols/opcua/status.ts";
import type { HeaderTag, TapeRecord } from "../../protocols/tape/record.ts";
import { NodeTracks } from "./node-tracks.ts";
import type { Entry } from "./story.ts";

export type NodeEntry = Extract<Entry, { kind: "node" }>;

/** Points that are followed besides the named ones: more lines than this nobody looks for. */
const POINTS_MAX = 500;
/** Readings that are counted and not listed one by one. */
const COUNTED_MAX = 10_000;

export class NodeStory {
  readonly tracks: NodeTracks;
  /** The named ones, then those that had a number. */
  points: readonly HeaderTag[];
  private readonly history: OpcUaHistory;
  /** The first record of this story. */
  private first: number | undefined;
  private readonly names: ReadonlyMap<string, HeaderTag>;
  private readonly followed = new Map<string, string>();
  /** Readings that come again and again stand in one entry. */
  private readonly counted = new Map<string, NodeEntry>();

  /** @param before what is known at the end of what came directly before */
  constructor(tags: readonly HeaderTag[], before?: HistoryState) {
    this.history = before ? OpcUaHistory.from(before) : new OpcUaHistory();
    this.points = tags;
    this.names = new Map(tags.flatMap((tag) => (tag.node === undefined ? [] : [[tag.node, tag]])));
    for (const [node, { name }] of this.names) this.followed.set(node, name);
    this.tracks = new NodeTracks();
    // In an order that is the same in each part: they stand in a list.
    const last = (before?.last ?? []).toSorted((a, b) => (a.node < b.node ? -1 : 1));
    for (const value of last) this.follow(value);
  }

  /** At its end. */
  get state(): HistoryState {
    return this.history.state;
  }

  /** Entries, new or in the place of the one with the same id. */
  push(record: TapeRecord): readonly Entry[] {
    this.first ??= record.sequence;
    const { deeds, values } = this.history.push(record);
    for (const value of values) this.follow(value);
    return deeds.flatMap((deed) =>
      isQuiet(deed.operation, deed.judged.answer.kind) ? [] : this.entriesOf(deed),
    );
  }

  private follow({ node, number, status, wallMs }: NodeValue): void {
    let name = this.followed.get(node);
    if (name === undefined) {
      if (number === undefined || this.followed.size >= POINTS_MAX) return;
      name = this.nameOf(node);
      this.followed.set(node, name);
      this.points = [...this.points, pointOf(node, name)];
    }
    if (number !== undefined && !isBad(status)) this.tracks.push(name, wallMs, number);
  }

  /** What was asked for in an earlier part stands there: here only how a change came out. */
  private entriesOf(deed: NodeDeed): readonly Entry[] {
    if (deed.sequence >= (this.first ?? 0)) return [this.entryOf(deed)];
    if (deed.operation.class === "observe") return [];
    return [{ ...this.entryOf(deed), id: `${deed.id}/later` }];
  }

  private entryOf(deed: NodeDeed): Entry {
    const { id, sequence, wallMs, operation, judged } = deed;
    const names = this.namesIn(operation);
    const entry: NodeEntry = { id, sequence, wallMs, kind: "node", deed, names, count: 1 };
    if (operation.class !== "observe" || judged.answer.kind !== "permit") return entry;
    if (deed.event) return entry;
    if (deed.status !== undefined && isBad(deed.status)) return entry;
    const key = JSON.stringify([operation.action, names, deed.by]);
    const known = this.counted.get(key);
    if (!known && this.counted.size >= COUNTED_MAX) return entry;
    const isAgain = known?.deed.id === id;
    const count = (known?.count ?? 0) + (isAgain ? 0 : 1);
    const again = known ? { ...known, count } : entry;
    this.counted.set(key, again);
    return again;
  }

  private namesIn(operation: OpcUaOperation): NodeEntry["names"] {
    const nodes = [
      "node" in operation ? operation.node : undefined,
      "method" in operation ? operation.method : undefined,
    ];
    const named = nodes.flatMap((node) =>
      node === undefined ? [] : [[node, this.nameOf(node)] as const],
    );
    return Object.fromEntries(named);
  }

  private nameOf(node: string): string {
    const named = this.names.get(node)?.name;
    if (named !== undefined) return named;
    const id = shortNode(node);
    if (id.startsWith("s=")) return id.slice(2);
    const shown = this.history.nameOf(node);
    return shown === undefined ? id : `${shown} (${id})`;
  }
}

/** Of a node that the plant file does not name: its number as it is. */
function pointOf(node: string, name: string): HeaderTag {
  return {
    ...{ name, node, unit: "", unitId: 0, table: "nodes", address: 0 },
    ...{ type: "float64", wordOrder: "big", scale: 1, offset: 0 },
  };
}
