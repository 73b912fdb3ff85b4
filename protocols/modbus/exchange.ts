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
  transaction: number;
  unit: number;
  items: Items;
  /** Whether the asset may change by it: anything above `observe`. */
  changes: boolean;
  /** Id of its decision; 0 until it was asked for. */
  decision = 0;
  /** Its place among those parked; 0 if it never was. */
  arrival = 0;
  /** The frame for the client, once there is one. */
  reply: Uint8Array | undefined;
  /** Behind it in the queue. */
  next: Exchange | undefined;

  constructor(transaction: number, unit: number, items: Items) {
    this.transaction = transaction;
    this.unit = unit;
    this.items = items;
    this.changes = changesAsset(items);
  }

  /** As a new one, where one has come to its end: polling needs one for each request. */
  static of(transaction: number, unit: number, items: Items): Exchange {
    const spare = spares.pop();
    if (spare === undefined) return new Exchange(transaction, unit, items);
    spare.transaction = transaction;
    spare.unit = unit;
    spare.items = items;
    spare.changes = changesAsset(items);
    spare.decision = 0;
    spare.arrival = 0;
    return spare;
  }

  /** Nobody looks at it any more: its reply has left. */
  rest(): void {
    this.reply = undefined;
    this.next = undefined;
    this.items = NO_ITEMS;
    if (spares.length < SPARES_MAX) spares.push(this);
  }

  /** What stands for it in frames towards and from the asset. */
  get number(): number {
    return numberOf(this.decision);
  }
}

/** Kept for use again: those in flight at an asset, of all channels. */
const SPARES_MAX = 512;
const spares: Exchange[] = [];
const NO_ITEMS: Items = [];

function changesAsset(items: Items): boolean {
  for (const item of items) if (item.class !== "observe") return true;
  return false;
}

/** Requests in the client's order, sent or refused, until their reply has left: a linked list. */
export class Exchanges {
  private first: Exchange | undefined;
  private last: Exchange | undefined;
  length = 0;

  push(exchange: Exchange): void {
    if (this.last === undefined) this.first = exchange;
    else this.last.next = exchange;
    this.last = exchange;
    this.length += 1;
  }

  /** The one sent under this number and not answered. Searched from the oldest: mostly the first. */
  unanswered(number: number): Exchange | undefined {
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.reply === undefined && each.number === number) return each;
    }
    return undefined;
  }

  uses(number: number): boolean {
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.number === number) return true;
    }
    return false;
  }

  /** Emits the replies that no older request holds up. */
  flush(effects: Effects): void {
    for (let first = this.first; first?.reply !== undefined; first = this.first) {
      effects.push({ kind: "send", to: "client", bytes: first.reply });
      this.first = first.next;
      if (this.first === undefined) this.last = undefined;
      this.length -= 1;
      first.rest();
    }
  }

  /** Takes everything out; those without an answer are returned. */
  abandon(): Exchange[] {
    const open: Exchange[] = [];
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.reply === undefined) open.push(each);
    }
    this.first = this.last = undefined;
    this.length = 0;
    return open;
  }
}
