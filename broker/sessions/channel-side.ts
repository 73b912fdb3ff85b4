/** One side of a channel as its leg sees it: an object a side, since ten thousand channels count. */
import type { Side } from "../../protocols/guard.ts";
import type { LegSink } from "../legs/leg.ts";

/** The channel behind both sides. */
export interface TwoSided {
  received(from: Side, bytes: Uint8Array): void;
  lost(request: number, cause: string): void;
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
    this.channel.lost(request, cause);
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

  closed(reason: string): void {
    this.channel.closed(this.from, reason);
  }

  drained(): void {
    this.channel.breathe();
  }
}
