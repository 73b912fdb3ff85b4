/** What the index keeps of an operation of OPC UA: which node, by name, and with what value. */
import { describeWhat, shortNode } from "../../../protocols/opcua/describe.ts";
import type { OpcUaOperation } from "../../../protocols/opcua/operation.ts";
import type { HeaderTag } from "../../../protocols/tape/record.ts";
import type { IndexedPoint, IndexedRow } from "./row.ts";

export class NodeRows {
  private readonly tags: ReadonlyMap<string, string>;

  constructor(tags: readonly HeaderTag[]) {
    this.tags = new Map(
      tags.flatMap(({ node, name }) => (node === undefined ? [] : [[node, name]])),
    );
  }

  /** @param sequence of the record that it is shown at */
  of(operation: OpcUaOperation, sequence: number): Pick<IndexedRow, "text" | "file" | "points"> {
    const points = this.points(operation, sequence);
    const text = describeWhat(operation, (node) => this.nameOf(node));
    const [point] = points;
    // Its name is told already.
    const isTold = point !== undefined && text.startsWith(`${point.tag} `);
    const rest = text === point?.tag ? "" : isTold ? text.slice(point.tag.length + 1) : text;
    return { text: rest, file: "", points };
  }

  private points(operation: OpcUaOperation, sequence: number): readonly IndexedPoint[] {
    if (!("node" in operation) || operation.node === undefined) return [];
    const written = operation.action === "opcua:write" ? operation.value : undefined;
    const value = written ?? Number.NaN;
    return [
      {
        // It has no register: a width of none is touched by no range of them.
        ...{ tag: this.nameOf(operation.node), unit: 0, table: 0, address: 0, width: 0 },
        ...{ min: value, max: value, minSequence: sequence, maxSequence: sequence },
      },
    ];
  }

  /** By the plant file, else by its id without what is the same for all. */
  private nameOf(node: string): string {
    return this.tags.get(node) ?? shortNode(node).replace(/^s=/, "");
  }
}
