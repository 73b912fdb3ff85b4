/**
 * The browser's side of a channel: knows nothing of socket.io, only how to hand over bytes and
 * how many of them the page has consumed. socket.io has no flow control of its own.
 *
 * One that `keeps` outlives the page's connection: it waits (`rest`), its asset is read no further
 * than its queue is long, and a page that comes back (`goOn`) goes on at the byte where it was.
 */
import { KeptBytes } from "../../protocols/kept-bytes.ts";
import { Fifo } from "./fifo.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "./leg.ts";
import { flushAtTurnEnd } from "./turn.ts";

export interface BrowserLegOptions {
  /** Hands bytes to the page; at most one call a turn. */
  send(bytes: Uint8Array): void;
  /** Bytes that may be on their way to the page without having been returned by `credit`. */
  readonly creditBytes: number;
  /** Whether a page may come back to it. */
  readonly keeps?: boolean;
  /** The session closed the leg. */
  ended?(): void;
}

/** What a page that comes back has of a channel. */
export interface PageHas {
  /** Bytes that it received. */
  readonly received: number;
  /** Those of them that it has consumed. */
  readonly shown: number;
}

/** Bytes of a page that ignores `paused`: what a socket already held when reading stopped. */
const UNREAD_MAX = 262_144;

export class BrowserLeg implements Leg {
  private readonly options: BrowserLegOptions;
  private sink: LegSink | undefined;
  private readonly pending = new Fifo<Uint8Array>();
  private unread: Uint8Array[] = [];
  private unreadBytes = 0;
  private outstanding = 0;
  private scheduled = false;
  private over = false;
  private held = true;
  private full = false;
  private readonly kept: KeptBytes | undefined;
  /** Nobody is there to be sent anything. */
  private resting = false;
  /** Bytes that came from the page. */
  taken = 0;
  queued = 0;

  constructor(options: BrowserLegOptions) {
    this.options = options;
    this.kept = options.keeps ? new KeptBytes() : undefined;
  }

  /** Whether a page may come back to it. */
  get keeps(): boolean {
    return this.kept !== undefined && !this.over;
  }

  /** The session reads no more for now. */
  get paused(): boolean {
    return this.held;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    this.resume();
  }

  /** Bytes from the page. */
  received(bytes: Uint8Array): void {
    if (this.over || bytes.length === 0) return;
    this.taken += bytes.length;
    this.deliver(bytes);
  }

  private deliver(bytes: Uint8Array): void {
    if (this.held) this.keep(bytes);
    else this.sink?.bytes(bytes);
  }

  /** The page has consumed this many bytes; more than it was sent counts as all of them. */
  credit(bytes: number): void {
    if (this.over || !(bytes > 0)) return;
    this.outstanding = Math.max(0, this.outstanding - bytes);
    if (this.kept) this.kept.arrived(this.kept.total - this.outstanding);
    this.sendOn();
  }

  /** The page's connection is gone, and the page may come back. */
  rest(): void {
    this.resting = true;
  }

  /** Whether it can go on with a page that has this much. */
  has({ received, shown }: PageHas): boolean {
    if (this.over || shown > received) return false;
    return this.kept?.after(received) !== undefined && this.kept.after(shown) !== undefined;
  }

  /** A page is back that has this much, as `has` said. */
  goOn({ received, shown }: PageHas): void {
    const { kept } = this;
    if (this.over || !kept) return;
    const missing = kept.after(received) ?? [];
    this.outstanding = kept.total - shown;
    kept.arrived(shown);
    this.resting = false;
    for (const bytes of missing) this.options.send(bytes);
    this.sendOn();
  }

  private sendOn(): void {
    this.flush();
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  }

  /** The page's connection is gone. */
  gone(reason: string): void {
    if (this.over) return;
    const sink = this.sink;
    this.release();
    sink?.closed(reason);
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.pending.push(bytes);
    this.queued += bytes.length;
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtTurnEnd(this);
  }

  /** Sends whole messages while the page has credit left; a message may overdraw it once. */
  flush(): void {
    this.scheduled = false;
    if (this.over || this.resting) return;
    const parts: Uint8Array[] = [];
    let length = 0;
    while (this.outstanding + length < this.options.creditBytes) {
      const part = this.pending.shift();
      if (!part) break;
      parts.push(part);
      length += part.length;
    }
    if (length === 0) return;
    this.queued -= length;
    this.outstanding += length;
    const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
    this.kept?.push(bytes);
    this.options.send(bytes);
  }

  pause(): void {
    this.held = true;
  }

  resume(): void {
    this.held = false;
    const waiting = this.unread;
    this.unread = [];
    this.unreadBytes = 0;
    for (const bytes of waiting) this.deliver(bytes);
  }

  close(): void {
    if (this.over) return;
    this.release();
    this.options.ended?.();
  }

  private keep(bytes: Uint8Array): void {
    this.unread.push(bytes);
    this.unreadBytes += bytes.length;
    if (this.unreadBytes > UNREAD_MAX) this.gone("the page sent more than it may");
  }

  private release(): void {
    this.over = true;
    this.pending.clear();
    this.unread = [];
    this.queued = 0;
    this.sink = undefined;
  }
}
