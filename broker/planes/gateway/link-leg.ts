/**
 * The client's side of a channel on a gateway: what comes over the link is the person's, and what
 * is written goes back to control, write by write, since some of control's legs take whole
 * messages. While the lease is out nothing passes in either direction.
 */
import { Fifo } from "../../legs/fifo.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../../legs/leg.ts";
import { WINDOW } from "../messages.ts";

export interface LinkLegOptions {
  send(bytes: Uint8Array): void;
  /** So many bytes of the client were taken: as many may come. */
  credit(bytes: number): void;
}

/** Beyond the window only one whole write may come. */
const UNREAD_MAX = 2 * WINDOW + 8 * 1024 * 1024;
/** Taken bytes are told in pieces of this. */
const CREDIT_STEP = WINDOW / 4;

export class LinkLeg implements Leg {
  private readonly options: LinkLegOptions;
  private sink: LegSink | undefined;
  private readonly pending = new Fifo<Uint8Array>();
  private readonly unread = new Fifo<Uint8Array>();
  private unreadBytes = 0;
  private outstanding = 0;
  private taken = 0;
  private paused = true;
  private still = false;
  private full = false;
  private over = false;
  /** Why the client went, while something that it said before is still to be read. */
  private goneBecause: string | undefined;
  queued = 0;

  constructor(options: LinkLegOptions) {
    this.options = options;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    this.resume();
  }

  /** From the client, over the link. */
  received(bytes: Uint8Array): void {
    if (this.over) return;
    if (this.paused || this.still) {
      this.unread.push(Uint8Array.from(bytes));
      this.unreadBytes += bytes.length;
      if (this.unreadBytes > UNREAD_MAX) this.leave("the client sent more than it may");
    } else this.hand(bytes);
  }

  /** Control's side has taken so many. */
  credit(bytes: number): void {
    if (this.over) return;
    this.outstanding = Math.max(0, this.outstanding - bytes);
    this.flush();
  }

  /** The lease is out, or there again. */
  hold(still: boolean): void {
    if (this.over) return;
    this.still = still;
    if (still) return;
    this.readOn();
    this.flush();
  }

  /** The client went. What it said before is read first, as from a socket. */
  gone(reason: string): void {
    if (this.over) return;
    if (this.unread.length > 0) {
      this.goneBecause = reason;
      return;
    }
    this.leave(reason);
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.pending.push(bytes);
    this.queued += bytes.length;
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
    this.flush();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.readOn();
  }

  close(): void {
    this.over = true;
    this.sink = undefined;
    this.pending.clear();
    this.unread.clear();
    this.queued = 0;
  }

  private readOn(): void {
    while (!this.paused && !this.still && !this.over) {
      const bytes = this.unread.shift();
      if (!bytes) {
        if (this.goneBecause !== undefined) this.leave(this.goneBecause);
        return;
      }
      this.unreadBytes -= bytes.length;
      this.hand(bytes);
    }
  }

  private leave(reason: string): void {
    const { sink } = this;
    this.close();
    sink?.closed(reason);
  }

  private hand(bytes: Uint8Array): void {
    this.taken += bytes.length;
    if (this.taken >= CREDIT_STEP) {
      this.options.credit(this.taken);
      this.taken = 0;
    }
    this.sink?.bytes(bytes);
  }

  /** The last write may go past the window. */
  private flush(): void {
    while (!this.still && !this.over && this.outstanding < WINDOW) {
      const bytes = this.pending.shift();
      if (!bytes) break;
      this.queued -= bytes.length;
      this.outstanding += bytes.length;
      this.options.send(bytes);
    }
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    // Never from within `write`: its caller is in the middle of a turn.
    queueMicrotask(() => this.sink?.drained());
  }
}
