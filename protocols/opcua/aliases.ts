/**
 * Short names that the asset gave out to RegisterNodes, for this session alone. A rule about a
 * node must hold for its alias too: `ns=9999;i=1` may be the speed of a safety relay.
 */
import type { NodeId } from "./node-id.ts";

/** A client registers what it polls; Part 4, 5.8.5 has servers bound it too. */
export const ALIASES_MAX = 20_000;

export class Aliases {
  /** From the id on the wire to the name of the real node. */
  private readonly names = new Map<string, string>();
  private doubtful = false;

  /** The asset may have given out some that nobody here heard of: any name may be one of them. */
  get isDoubtful(): boolean {
    return this.doubtful;
  }

  doubt(): void {
    this.doubtful = true;
  }

  hasRoomFor(count: number): boolean {
    return this.names.size + count <= ALIASES_MAX;
  }

  real(id: NodeId): string | undefined {
    return this.names.size === 0 ? undefined : this.names.get(wireText(id));
  }

  /**
   * An alias stays known after UnregisterNodes: the asset may go on honouring it. One that the
   * asset gives out again means the other node from then on.
   */
  add(alias: NodeId, real: string): void {
    this.names.set(wireText(alias), real);
  }

  clear(): void {
    this.names.clear();
  }
}

function wireText({ namespace, id }: NodeId): string {
  return `${namespace};${id}`;
}
