/**
 * What subscriptions delivered, kept as it came: most values are followed by a newer one before
 * anybody asks what they say. So messages are read from the newest back, and no further than until
 * each item of their subscription has said its newest: of a minute in which all values change ten
 * times a second, one message in hundreds.
 */
import type { NodeValue } from "./history.ts";
import { type HistoryChannel, itemsOf } from "./history-channel.ts";
import type { Monitored } from "./history-frame.ts";
import { dataValueStart, deliveredValues } from "./notifications.ts";
import { Reader } from "./reader.ts";

type Moment = Pick<NodeValue, "wallMs" | "sequence">;

/** A PublishResponse, behind its header. */
export interface Delivered {
  readonly channel: HistoryChannel;
  /** Kept as they are. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly at: Moment;
}

/** One DataValue, from `start` to `end` of the message that brought it. */
export interface Unread {
  readonly item: Monitored;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly at: Moment;
}

/** Twice a part of a recording, after which values are asked for as a rule. */
const KEPT_MAX = 2 * 1_048_576;

export class UnreadValues {
  private messages: Delivered[] = [];
  private length = 0;

  /** More than need wait: it is time to ask. */
  get isMuch(): boolean {
    return this.length > KEPT_MAX;
  }

  note(message: Delivered): void {
    this.messages.push(message);
    this.length += message.bytes.length;
  }

  /**
   * Of each item the newest value, in the order in which they came; none is left. To be asked
   * before a number of the client's comes to mean another item.
   */
  take(): readonly Unread[] {
    const { messages } = this;
    this.messages = [];
    this.length = 0;
    const newest: Unread[] = [];
    const untold = new Map<HistoryChannel, Untold>();
    for (const message of messages.reverse()) {
      const { channel } = message;
      const own = untold.get(channel) ?? new Untold(channel);
      untold.set(channel, own);
      own.read(message, newest);
    }
    return newest.reverse();
  }
}

/** Of one channel: the items that no message has told of yet. */
class Untold {
  private readonly channel: HistoryChannel;
  private readonly told = new Set<Monitored>();
  /** How many there are, by subscription. */
  private readonly left = new Map<number, number>();

  constructor(channel: HistoryChannel) {
    this.channel = channel;
    for (const item of channel.monitored.keys()) {
      const subscription = Number.parseInt(item, 10);
      this.left.set(subscription, (this.left.get(subscription) ?? 0) + 1);
    }
  }

  /** Newest first: of the message too. */
  read({ bytes, start, at }: Delivered, newest: Unread[]): void {
    const r = new Reader(bytes, start);
    r.forgiving = true;
    const subscription = r.uint32();
    if (!this.left.get(subscription)) return;
    r.at = start;
    const { values } = deliveredValues(r);
    if (r.fault !== undefined) return;
    const itemOf = itemsOf(this.channel, subscription);
    for (let n = values.length - 1; n >= 0; n--) {
      const entry = values[n];
      const item = entry && itemOf(entry.clientHandle);
      if (!item || this.told.has(item)) continue;
      this.told.add(item);
      this.left.set(subscription, (this.left.get(subscription) ?? 0) - 1);
      newest.push({ item, bytes, start: dataValueStart(entry), end: entry.end, at });
    }
  }
}
