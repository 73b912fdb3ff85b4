/** A native viewer's end of a channel: version and security are settled here, without a password. */
import { Handshake } from "../../../protocols/rfb/handshake.ts";
import type { Leg, LegSink } from "../leg.ts";

export class VncClientLeg implements Leg {
  private readonly wire: Leg;
  private readonly handshake = Handshake.withClient();
  private readonly said: (bytes: Uint8Array) => void;
  private ready = false;

  /**
   * @param wire the connection, nothing of it read yet
   * @param said what the viewer says from its ClientInit on
   */
  constructor(wire: Leg, said: (bytes: Uint8Array) => void = () => {}) {
    this.wire = wire;
    this.said = said;
  }

  get queued(): number {
    return this.wire.queued;
  }

  start(sink: LegSink): void {
    this.wire.start({
      bytes: (bytes) => (this.ready ? this.tell(bytes, sink) : this.greet(bytes, sink)),
      lost: (request, cause) => sink.lost(request, cause),
      withheld: (change, cause) => sink.withheld(change, cause),
      closed: (reason) => sink.closed(reason),
      drained: () => sink.drained(),
    });
    this.greet(new Uint8Array(0), sink);
  }

  write(bytes: Uint8Array): void {
    this.wire.write(bytes);
  }

  pause(): void {
    this.wire.pause();
  }

  resume(): void {
    this.wire.resume();
  }

  close(): void {
    this.wire.close();
  }

  private greet(bytes: Uint8Array, sink: LegSink): void {
    const { send, state } = this.handshake.push(bytes);
    for (const each of send) this.wire.write(each);
    if (state.kind === "going" || state.kind === "secure") return;
    if (state.kind === "failed") {
      this.wire.close();
      sink.closed(`the viewer: ${state.reason}`);
      return;
    }
    this.ready = true;
    if (state.rest.length > 0) this.tell(state.rest, sink);
  }

  private tell(bytes: Uint8Array, sink: LegSink): void {
    this.said(bytes);
    sink.bytes(bytes);
  }
}
