/**
 * The broker's end of a native client's leg, which itself runs in the OPC UA process. What one
 * side has sent and the other has not taken is counted on both, and bounded.
 */
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../../leg.ts";
import { isPolling } from "../polling.ts";
import { KIND, type Wire } from "./wire.ts";

/**
 * Taken bytes are told in such pieces: a word for each frame would cost as much as the frame. Half
 * of what may wait, so that a side that is read never stops for want of a word.
 */
export const TOLD_EVERY = LEG_QUEUE_MAX / 2;
const TYPE_AT = 8;

export interface ClientLegParts {
  readonly id: number;
  readonly wire: Wire;
  /** Somebody did something that no tool does by itself. */
  input(): void;
  /** The leg is over, for either side's reason. */
  over(): void;
}

export class DistantClientLeg implements Leg {
  private readonly parts: ClientLegParts;
  private sink: LegSink | undefined;
  private unread = 0;
  private untold = 0;
  private full = false;
  private paused = false;
  private readonly held: Uint8Array[] = [];
  private over = false;

  constructor(parts: ClientLegParts) {
    this.parts = parts;
  }

  get queued(): number {
    return this.unread;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    queueMicrotask(() => this.deliver());
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.unread += bytes.length;
    if (this.unread > LEG_QUEUE_MAX) this.full = true;
    this.parts.wire.send(KIND.frame, this.parts.id, bytes);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    // Not now: whoever resumes is not told anything meanwhile.
    queueMicrotask(() => this.deliver());
  }

  close(because?: string): void {
    if (this.over) return;
    this.finish();
    this.parts.wire.word(this.parts.id, { close: because ?? null });
  }

  /** A frame of the client. */
  frame(bytes: Uint8Array): void {
    if (this.over) return;
    this.held.push(bytes);
    this.deliver();
  }

  /** The other side has passed on so much. */
  taken(bytes: number): void {
    this.unread = Math.max(0, this.unread - bytes);
    if (!this.full || this.unread > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  }

  /** The client is gone, or the process that it was connected to. */
  gone(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.finish();
    sink?.closed(reason);
  }

  private deliver(): void {
    // A client need not wait until the asset was dialled: its frames do.
    while (this.sink && !this.paused && !this.over) {
      const next = this.held.shift();
      if (!next) return;
      this.tell(next.length);
      if (!isPolling(typeOf(next))) this.parts.input();
      this.sink.bytes(next);
    }
  }

  private tell(bytes: number): void {
    this.untold += bytes;
    if (this.untold < TOLD_EVERY) return;
    this.parts.wire.number(KIND.taken, this.parts.id, this.untold);
    this.untold = 0;
  }

  private finish(): void {
    this.over = true;
    this.sink = undefined;
    this.held.length = 0;
    this.parts.over();
  }
}

function typeOf(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return frame.length < TYPE_AT + 4 ? 0 : view.getUint32(TYPE_AT, true);
}
