/**
 * How many people rules stop: so many by one rule and so many in all within an hour. It counts
 * people and not sessions, so that one who is unusual again and again uses up nobody's room, and
 * a baseline that fits no more does not stop the whole site.
 */
import type { Clock } from "../clock.ts";

const HOUR_MS = 3_600_000;
/** By all rules together: more are not looked at one by one within an hour. */
export const STOPPED_PEOPLE_MAX = 20;

export class StoppedPeople {
  private readonly clock: Clock;
  /** When each was stopped last, by `RULE PERSON`. */
  private readonly last = new Map<string, number>();
  private readonly toldMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns whether this rule may stop this person too */
  take(rule: string, person: string, peopleMax: number): boolean {
    const nowMs = this.clock.monotonicMs();
    for (const [key, atMs] of this.last) if (nowMs - atMs >= HOUR_MS) this.last.delete(key);
    const key = `${rule} ${person}`;
    if (!this.last.has(key)) {
      const stopped = [...this.last.keys()].map((each) => each.split(" "));
      const byRule = stopped.filter(([id]) => id === rule).length;
      const everybody = new Set([...stopped.map(([, id]) => id), person]).size;
      if (byRule >= peopleMax || everybody > STOPPED_PEOPLE_MAX) return false;
    }
    this.last.set(key, nowMs);
    return true;
  }

  /** Whether it is time to say that there was no room: once an hour for one rule. */
  tell(rule: string): boolean {
    const nowMs = this.clock.monotonicMs();
    const toldMs = this.toldMs.get(rule);
    if (toldMs !== undefined && nowMs - toldMs < HOUR_MS) return false;
    this.toldMs.set(rule, nowMs);
    return true;
  }
}
