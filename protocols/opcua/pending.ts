/** What waits for a person, and the changes that wait behind it. */
import type { Exchange } from "./exchange.ts";
import type { OpcUaOperation } from "./operation.ts";

/** More at once is a flood, not work. */
const HELD_MAX = 32;
const BEHIND_MAX = 32;
/** Their messages are kept until then: values, not files. */
const BYTES_MAX = 1024 * 1024;

export interface Held {
  readonly exchange: Exchange;
  readonly operation: OpcUaOperation;
}

export class Pending {
  private readonly held = new Map<number, Held>();
  private behind: Exchange[] = [];

  get isEmpty(): boolean {
    return this.held.size + this.behind.length === 0;
  }

  /** A change may not overtake one that waits. */
  get keepsBack(): boolean {
    if (this.behind.length > 0) return true;
    for (const { operation } of this.held.values()) if (operation.class !== "observe") return true;
    return false;
  }

  /** False if there is no room: then it cannot wait. */
  hold(decision: number, held: Held): boolean {
    if (this.held.size >= HELD_MAX || !this.hasRoomFor(held.exchange)) return false;
    this.held.set(decision, held);
    return true;
  }

  /** Undefined if nothing waits under this decision any more. */
  settle(decision: number): Held | undefined {
    const held = this.held.get(decision);
    this.held.delete(decision);
    return held;
  }

  /** False if there is no room. */
  push(exchange: Exchange): boolean {
    if (this.behind.length >= BEHIND_MAX || !this.hasRoomFor(exchange)) return false;
    this.behind.push(exchange);
    return true;
  }

  /** The next one that nothing keeps back any more. */
  next(): Exchange | undefined {
    if (this.behind.length === 0) return undefined;
    for (const { operation } of this.held.values()) {
      if (operation.class !== "observe") return undefined;
    }
    return this.behind.shift();
  }

  /** It was answered otherwise. */
  forget(exchange: Exchange): void {
    for (const [decision, held] of this.held) {
      if (held.exchange === exchange) this.held.delete(decision);
    }
    if (this.behind.length > 0) this.behind = this.behind.filter((each) => each !== exchange);
  }

  clear(): void {
    this.held.clear();
    this.behind = [];
  }

  private hasRoomFor(exchange: Exchange): boolean {
    const kept = new Set([exchange, ...this.behind]);
    for (const held of this.held.values()) kept.add(held.exchange);
    let bytes = 0;
    for (const { size } of kept) bytes += size;
    return bytes <= BYTES_MAX;
  }
}
