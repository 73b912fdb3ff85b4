/** How often each address comes. An IPv6 host has a whole network of addresses, which count as one. */
import type { Clock } from "../clock.ts";
import { addressKey } from "./address-key.ts";

const MINUTE_MS = 60_000;
/** More than come to one site in a minute; who has more addresses than that forgets the oldest. */
const ADDRESSES_MAX = 10_000;

interface Minute {
  readonly endsMs: number;
  count: number;
}

export class AddressRate {
  private readonly perMinute: number;
  private readonly clock: Pick<Clock, "monotonicMs">;
  /** The minute of each began with its first time; the oldest stands first. */
  private readonly minutes = new Map<string, Minute>();

  constructor(perMinute: number, clock: Pick<Clock, "monotonicMs">) {
    this.perMinute = perMinute;
    this.clock = clock;
  }

  /** Counts this time. @returns milliseconds until the address may come again; 0: it may now */
  take(address: string): number {
    const [key, nowMs] = [addressKey(address), this.clock.monotonicMs()];
    const minute = this.minutes.get(key);
    if (!minute || minute.endsMs <= nowMs) {
      this.begin(key, nowMs);
      return 0;
    }
    minute.count += 1;
    return minute.count > this.perMinute ? minute.endsMs - nowMs : 0;
  }

  private begin(key: string, nowMs: number): void {
    this.minutes.delete(key);
    const [oldest] = this.minutes.keys();
    if (oldest !== undefined && this.minutes.size >= ADDRESSES_MAX) this.minutes.delete(oldest);
    this.minutes.set(key, { endsMs: nowMs + MINUTE_MS, count: 1 });
  }
}
