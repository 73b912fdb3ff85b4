/**
 * Values that subscriptions delivered, kept as they came: most are followed by a newer one before
 * anybody asks what they say. Of each monitored item the newest, in the order in which they came.
 */
import type { NodeValue } from "./history.ts";
import type { Monitored } from "./history-frame.ts";

type Moment = Pick<NodeValue, "wallMs" | "sequence">;

export interface Unread {
  /** Of one DataValue. */
  readonly bytes: Uint8Array;
  readonly at: Moment;
}

export class UnreadValues {
  private readonly newest = new Map<Monitored, Unread>();

  /** @param bytes kept as they are */
  note(item: Monitored, bytes: Uint8Array, at: Moment): void {
    this.newest.delete(item);
    this.newest.set(item, { bytes, at });
  }

  /** None is left. */
  take(): readonly (readonly [item: Monitored, value: Unread])[] {
    const all = [...this.newest];
    this.newest.clear();
    return all;
  }
}
