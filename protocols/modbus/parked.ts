/**
 * Requests that wait for a person, and those that must not overtake them.
 *
 * A held request keeps back whatever changes the same unit: two writes of one person reach a
 * device in the order in which they were asked for. Reads and other units go past.
 */
import { type Exchange, numberOf } from "./exchange.ts";

export class Parked {
  private readonly lengthMax: number;
  /** In order of arrival. Without a decision id: kept back, not yet asked for. */
  private readonly waiting: Exchange[] = [];
  private arrivals = 0;

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax;
  }

  get isFull(): boolean {
    return this.waiting.length >= this.lengthMax;
  }

  /** Whether this one would overtake a parked one of its unit. */
  keepsBack(exchange: Exchange): boolean {
    if (this.waiting.length === 0 || !exchange.changes) return false;
    return this.waiting.some(({ unit }) => unit === exchange.unit);
  }

  /** False if there is no room. One that was taken out and is held (again) gets its old place. */
  push(exchange: Exchange): boolean {
    if (this.isFull) return false;
    if (exchange.arrival === 0) exchange.arrival = ++this.arrivals;
    const younger = this.waiting.findIndex(({ arrival }) => arrival > exchange.arrival);
    this.waiting.splice(younger < 0 ? this.waiting.length : younger, 0, exchange);
    return true;
  }

  /** Takes out the held one with this decision. */
  settle(decision: number): Exchange | undefined {
    const at = this.waiting.findIndex((exchange) => exchange.decision === decision);
    return at < 0 ? undefined : this.waiting.splice(at, 1)[0];
  }

  /** Takes out the first kept-back one that no older one of its unit keeps back any more. */
  takeFree(): Exchange | undefined {
    if (this.waiting.length === 0) return undefined;
    const units = new Set<number>();
    for (const [at, { decision, unit }] of this.waiting.entries()) {
      if (decision === 0 && !units.has(unit)) return this.waiting.splice(at, 1)[0];
      units.add(unit);
    }
    return undefined;
  }

  /** Whether a held one will be sent under this number. */
  uses(number: number): boolean {
    for (const { decision } of this.waiting) if (numberOf(decision) === number) return true;
    return false;
  }

  clear(): void {
    this.waiting.length = 0;
  }
}
