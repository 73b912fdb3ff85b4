/**
 * A tool's side of a channel that `sallyport connect` carries: one WebSocket for one connection of
 * the tool, its messages the tool's own bytes. How they were cut into messages means nothing.
 */
import type { WebSocket } from "ws";
import { Fifo } from "./fifo.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "./leg.ts";
import { flushAtTurnEnd, flushMany } from "./turn.ts";

/** The text message that says: nothing follows from this side. */
export const SAID_ALL = "said all";
/** A peer that does not say good-bye has this long. */
const FAREWELL_MS = 1_000;

const LAST = Buffer.from(SAID_ALL);
const CLOSED = "the tool closed the connection";

export class WebSocketLeg implements Leg {
  private readonly socket: WebSocket;
  private sink: LegSink | undefined;
  private readonly pending = new Fifo<Uint8Array>();
  private gathered = 0;
  private scheduled = false;
  private over = false;
  private overBecause = "";
  private full = false;
  endedInOrder = false;
  private saidAll = false;
  /** The system has taken all of it. */
  private leftAll = false;
  private heardAll = false;
  readonly halfClose?: () => void;

  /**
   * @param socket open, and with `nodebuffer` messages
   * @param halfCloses the peer knows `SAID_ALL`
   */
  constructor(socket: WebSocket, halfCloses = false) {
    this.socket = socket;
    if (halfCloses) this.halfClose = () => this.sayLast();
    socket.pause();
    socket.on("message", (bytes: Buffer, isBinary: boolean) => this.received(bytes, isBinary));
    socket.on("error", (error) => this.finish(error.message));
    socket.on("close", () => this.finish("the tool's connection was closed"));
  }

  get queued(): number {
    return this.over ? 0 : this.gathered + this.socket.bufferedAmount;
  }

  start(sink: LegSink): void {
    if (this.over) queueMicrotask(() => sink.closed(this.overBecause));
    else {
      this.sink = sink;
      this.socket.resume();
    }
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.pending.push(bytes);
    this.gathered += bytes.length;
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtTurnEnd(this);
  }

  /** All of one turn in one message. */
  flush(): void {
    this.scheduled = false;
    if (this.over || this.gathered === 0) return;
    const message = Buffer.allocUnsafe(this.gathered);
    let at = 0;
    for (let part = this.pending.shift(); part; part = this.pending.shift()) {
      message.set(part, at);
      at += part.length;
      this.sink?.spent?.(part);
    }
    this.gathered = 0;
    this.socket.send(message, { binary: true }, () => this.drain());
  }

  pause(): void {
    if (!this.over) this.socket.pause();
  }

  resume(): void {
    if (!this.over) this.socket.resume();
  }

  /** What the system has not taken by now is dropped with the connection. */
  close(): void {
    if (this.over) return;
    if (this.socket.bufferedAmount > 0) {
      this.release();
      this.socket.terminate();
    } else this.sayGoodBye();
  }

  private sayGoodBye(): void {
    this.release();
    this.socket.resume();
    this.socket.close();
    setTimeout(() => this.socket.terminate(), FAREWELL_MS).unref();
  }

  private received(bytes: Buffer, isBinary: boolean): void {
    if (this.over || bytes.length === 0) return;
    if (isBinary) this.sink?.bytes(bytes);
    else if (this.halfClose && bytes.equals(LAST)) this.fellSilent();
    else this.finish("it sent text instead of bytes");
    flushMany();
  }

  private fellSilent(): void {
    const { sink } = this;
    if (!sink?.halfClosed) {
      this.finish(CLOSED);
      return;
    }
    this.heardAll = true;
    sink.halfClosed(CLOSED);
    this.endInOrder();
  }

  private sayLast(): void {
    if (this.over || this.saidAll) return;
    this.flush();
    this.saidAll = true;
    this.socket.send(SAID_ALL, { binary: false }, () => {
      this.leftAll = true;
      this.endInOrder();
    });
  }

  /** Nothing is left to be said by either; a ping may still wait behind it. */
  private endInOrder(): void {
    if (this.over || !this.leftAll || !this.heardAll) return;
    const { sink } = this;
    this.endedInOrder = true;
    this.sayGoodBye();
    sink?.closed(CLOSED);
  }

  private drain(): void {
    if (!this.full || this.over || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  }

  private finish(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.overBecause = reason;
    this.release();
    this.socket.terminate();
    sink?.closed(reason);
  }

  private release(): void {
    this.over = true;
    this.pending.clear();
    this.gathered = 0;
    this.sink = undefined;
  }
}
