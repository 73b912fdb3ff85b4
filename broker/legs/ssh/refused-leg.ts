/**
 * A client's end of something that is never carried (a forwarding): one message that asks, one
 * answer that refuses, so that it is decided and recorded like everything else.
 */
import { cutMessage, encodeMessage, type SshMessage } from "../../../protocols/ssh/message.ts";
import type { Leg, LegSink } from "../leg.ts";

export class RefusedLeg implements Leg {
  readonly queued = 0;
  private readonly asks: SshMessage;
  private refuse: (() => void) | undefined;
  private sink: LegSink | undefined;

  constructor(asks: SshMessage, refuse: () => void) {
    this.asks = asks;
    this.refuse = refuse;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    sink.bytes(encodeMessage(this.asks));
  }

  /** Whatever the answer is, it is a refusal. */
  write(bytes: Uint8Array): void {
    if (cutMessage(bytes).kind === "frame") this.settle();
    const sink = this.sink;
    this.sink = undefined;
    queueMicrotask(() => sink?.closed("it was refused"));
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.settle();
    this.sink = undefined;
  }

  private settle(): void {
    this.refuse?.();
    this.refuse = undefined;
  }
}
