/** One side of a channel as its leg sees it: an object a side, since ten thousand channels count. */
import type { Guard, GuardEvent, Side } from "../../protocols/guard.ts";
import type { Leg, LegSink } from "../legs/leg.ts";

/** The channel behind both sides. */
export interface TwoSided {
  readonly guard: Guard;
  readonly client: Leg;
  readonly asset: Leg;
  /** Who said their last first. */
  silentFirst: { readonly from: Side; readonly reason: string } | undefined;
  received(from: Side, bytes: Uint8Array): void;
  happen(event: GuardEvent, cause: string): void;
  gaveBack(change: number, cause: string): void;
  obstacleTo(change: number): string | undefined;
  spent(bytes: Uint8Array): void;
  closed(from: Side, reason: string): void;
  breathe(): void;
}

export class ChannelSide implements LegSink {
  private readonly channel: TwoSided;
  private readonly from: Side;

  constructor(channel: TwoSided, from: Side) {
    this.channel = channel;
    this.from = from;
  }

  bytes(bytes: Uint8Array): void {
    this.channel.received(this.from, bytes);
  }

  lost(request: number, cause: string): void {
    this.channel.happen({ kind: "timeout", request }, cause);
  }

  withheld(change: number, cause: string): void {
    this.channel.gaveBack(change, cause);
  }

  obstacle(change: number): string | undefined {
    return this.channel.obstacleTo(change);
  }

  spent(bytes: Uint8Array): void {
    this.channel.spent(bytes);
  }

  halfClosed(reason: string) {
    const { channel, from } = this;
    const other = from === "client" ? channel.asset : channel.client;
    if (!channel.guard.halfCloses || !other.halfClose) return channel.closed(from, reason);
    channel.silentFirst ??= { from, reason };
    channel.happen({ kind: "half-closed", from }, reason);
  }

  closed(reason: string) {
    const { channel, from } = this;
    const { client, asset, silentFirst = { from, reason } } = channel;
    const [own, other] = from === "client" ? [client, asset] : [asset, client];
    if (!own.endedInOrder) return channel.closed(from, reason);
    // What the one said may still be on its way to the other.
    if (other.endedInOrder) channel.closed(silentFirst.from, silentFirst.reason);
  }

  drained(): void {
    this.channel.breathe();
  }
}
