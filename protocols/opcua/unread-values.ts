/**
 * Values that subscriptions delivered, kept as they came: most are followed by a newer one before
 * anybody asks what they say. Of each monitored item the newest, in the order in which they came.
 *
 * A value is a place in its message: a copy of each of a thousand would be a thousand buffers for
 * the collector, ten times a second. A message stays for as long as one of its values is the
 * newest: never more than what came since values were taken.
 */
import type { NodeValue } from "./history.ts";
import type { Monitored } from "./history-frame.ts";

type Moment = Pick<NodeValue, "wallMs" | "sequence">;

/** One DataValue, from `start` to `end` of the message that brought it. */
export interface Unread {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly at: Moment;
}

type Slot = { -readonly [name in keyof Unread]: Unread[name] } & { came: number };

export class UnreadValues {
  private readonly newest = new Map<Monitored, Slot>();
  private count = 0;

  /** @param bytes the message; kept as it is */
  note(item: Monitored, bytes: Uint8Array, start: number, end: number, at: Moment): void {
    const came = this.count++;
    const slot = this.newest.get(item);
    if (slot) {
      slot.bytes = bytes;
      slot.start = start;
      slot.end = end;
      slot.at = at;
      slot.came = came;
    } else {
      this.newest.set(item, { bytes, start, end, at, came });
    }
  }

  /** None is left. */
  take(): readonly (readonly [item: Monitored, value: Unread])[] {
    const all = [...this.newest].sort(([, one], [, other]) => one.came - other.came);
    this.newest.clear();
    return all;
  }
}
