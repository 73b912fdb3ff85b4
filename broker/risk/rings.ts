/**
 * Which findings ring for a person to come: those that ask for more than the passkey, once an hour
 * for one person, asset and kind, and so many in an hour for the whole site. The others stand in
 * the events: nobody comes to the hundredth ring.
 */
import type { Clock } from "../clock.ts";
import type { FindingKind } from "../plant/response-model.ts";
import { ASKS } from "../policy/risk/session-risk.ts";

const HOUR_MS = 3_600_000;
/** In an hour: more is a baseline that fits no more, which is seen by then. */
const RINGS_MAX = 20;

export class Rings {
  private readonly clock: Clock;
  /** When each rang last; those of the last hour. */
  private readonly rang = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  take(kind: FindingKind, personId: string, asset: string): boolean {
    if (ASKS[kind].asks === "proof") return false;
    const nowMs = this.clock.monotonicMs();
    for (const [key, atMs] of this.rang) if (nowMs - atMs >= HOUR_MS) this.rang.delete(key);
    const key = [kind, personId, asset].join(" ");
    if (this.rang.has(key) || this.rang.size >= RINGS_MAX) return false;
    this.rang.set(key, nowMs);
    return true;
  }
}
