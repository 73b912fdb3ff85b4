/** One request of a client on its way through the guard, and the queue that keeps replies in order. */
import type { Effects } from "./effects.ts";
import type { Items } from "./request.ts";

/** Own numbers towards the asset are decision ids modulo this: the width of a transaction id. */
const NUMBERS = 65_536;

export function numberOf(decision: number): number {
  return decision % NUMBERS;
}

export class Exchange {
  /** The client's transaction id, given back to it with the reply. */
  readonly transaction: number;
  readonly unit: number;
  readonly items: Items;
  /** Id of its decision; 0 until it was asked for. */
  decision = 0;
  /** Its place among those parked; 0 if it never was. */
  arrival = 0;
  /** The frame for the client, once there is one. */
  reply: Uint8Array | undefined;

  constructor(transaction: number, unit: number, items: Items) {
    this.transaction = transaction;
    this.unit = unit;
    this.items = items;
  }

  /** What stands for it in frames towards and from the asset. */
  get number(): number {
    return numberOf(this.decision);
  }

  /** Whether the asset may change by it: anything above `observe`. */
  get changes(): boolean {
    for (const item of this.items) if (item.class !== "observe") return true;
    return false;
  }
}

/** Requests in the client's order, sent or refused, until their reply has left. */
export class Exchanges {
  private readonly queue: Exchange[] = [];

  get length(): number {
    return this.queue.length;
  }

  push(exchange: Exchange): void {
    this.queue.push(exchange);
  }

  /** The one sent under this number and not answered. Searched from the oldest: mostly the first. */
  unanswered(number: number): Exchange | undefined {
    for (const exchange of this.queue) {
      if (exchange.reply === undefined && exchange.number === number) return exchange;
    }
    return undefined;
  }

  uses(number: number): boolean {
    for (const exchange of this.queue) if (exchange.number === number) return true;
    return false;
  }

  /** Emits the replies that no older request holds up. */
  flush(effects: Effects): void {
    for (let first = this.queue[0]; first?.reply !== undefined; first = this.queue[0]) {
      effects.push({ kind: "send", to: "client", bytes: first.reply });
      this.queue.shift();
    }
  }

  /** Takes everything out; those without an answer are returned. */
  abandon(): Exchange[] {
    return this.queue.splice(0).filter(({ reply }) => reply === undefined);
  }
}
