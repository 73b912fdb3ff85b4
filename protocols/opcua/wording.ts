/**
 * Makes operations of what was decoded: names nodes, and gives equal readings the very same
 * value, since polls repeat them for days.
 */
import type { Aliases } from "./aliases.ts";
import { type ExpandedNodeId, type Namespaces, type NodeId, readNamespaces } from "./node-id.ts";
import type { OpcUaOperation } from "./operation.ts";

/** Readings kept for being asked for again: the largest poll that is known to be ordinary. */
const KNOWN_MAX = 8192;

export class Wording {
  namespaces: Namespaces | undefined;
  readonly aliases: Aliases;
  private readonly known = new Map<string, OpcUaOperation>();

  constructor(aliases: Aliases) {
    this.aliases = aliases;
  }

  /** What the asset says of its namespaces; answers what is wrong with it. */
  take(body: Uint8Array): string | undefined {
    const read = readNamespaces(body);
    if (typeof read === "string") return read;
    if (this.namespaces && !read.continues(this.namespaces)) {
      return "its namespaces have other numbers now";
    }
    this.namespaces = read;
    return undefined;
  }

  /** The real node; undefined if it is none of the asset's. */
  node(id: NodeId | ExpandedNodeId): string | undefined {
    return this.aliases.real(id) ?? this.namespaces?.name(id);
  }

  /** The same value for the same text, with its key. */
  same<T extends OpcUaOperation>(operation: T): T {
    const text = textOf(operation);
    const known = this.known.get(text);
    if (known !== undefined) return known as T;
    if (this.known.size >= KNOWN_MAX) this.known.clear();
    const keyed = { ...operation, key: keyOf(text) };
    this.known.set(text, keyed);
    return keyed;
  }

  clear(): void {
    this.known.clear();
  }
}

/** Unambiguous: one text of two operations would let one pass for the other. */
function textOf(operation: OpcUaOperation): string {
  return JSON.stringify(operation);
}

/** Two FNV-1a hashes in one number below 2^53: a key finds a candidate, its fields decide. */
function keyOf(text: string): number {
  let low = 0x811c_9dc5;
  let high = 0x1b87_3593;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x0100_0193);
    high = Math.imul(high ^ unit, 0x85eb_ca6b);
  }
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}
