/**
 * A leg without a network: the test is the peer. What the loop writes is kept until `take`, and
 * `feed` is what the peer sends. Nothing happens by itself, so a test decides the order.
 */
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../../broker/legs/leg.ts";

export class MemoryLeg implements Leg {
  /** What was written, in order; a peer that does not read leaves it here. */
  readonly written: Uint8Array[] = [];
  closed = false;
  paused = false;
  /** Called at each write, before anything else happens: to see what was on the tape by then. */
  onWrite: ((bytes: Uint8Array) => void) | undefined;
  /** Set for a leg that keeps changes waiting: only such a one asks again, or gives one back. */
  withdraw?: (cause: string) => void;
  private sink: LegSink | undefined;
  private held: Uint8Array[] = [];
  private bytesQueued = 0;

  /** Bytes count as queued until they are taken: a slow peer is one whose test takes nothing. */
  get queued(): number {
    return this.bytesQueued;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    this.onWrite?.(bytes);
    this.written.push(bytes);
    this.bytesQueued += bytes.length;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    const held = this.held;
    this.held = [];
    for (const bytes of held) this.feed(bytes);
  }

  close(): void {
    this.closed = true;
    this.sink = undefined;
  }

  /** What a leg that kept a change waiting asks before it leaves. */
  obstacle(change: number): string | undefined {
    return this.sink?.obstacle?.(change);
  }

  /** The peer sends. Waits while the loop does not read. */
  feed(bytes: Uint8Array): void {
    if (this.paused) this.held.push(bytes);
    else this.sink?.bytes(bytes);
  }

  feedByteAtATime(bytes: Uint8Array): void {
    for (const byte of bytes) this.feed(Uint8Array.of(byte));
  }

  /** The peer reads everything written so far. */
  take(): Uint8Array[] {
    const taken = this.written.splice(0);
    const wasFull = this.bytesQueued > LEG_QUEUE_MAX;
    this.bytesQueued = 0;
    if (wasFull) this.sink?.drained();
    return taken;
  }

  lose(request: number, cause: string): void {
    this.sink?.lost(request, cause);
  }

  /** The peer closes. */
  hangUp(reason = "the peer closed the connection"): void {
    const { sink } = this;
    this.sink = undefined;
    sink?.closed(reason);
  }
}
