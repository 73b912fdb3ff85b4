/** A plain TCP peer as a leg: one read buffer for all sockets, one write per turn. */
import type { Socket } from "node:net";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "./leg.ts";
import { adoptAccepted } from "./shared-read.ts";
import { SocketOutput } from "./socket-output.ts";
import { flushAtTurnEnd, flushMany } from "./turn.ts";

/** @param accepted from a server made with `pauseOnConnect` and `noDelay`. */
export function acceptedLeg(accepted: Socket): TcpLeg {
  return adoptAccepted(accepted, (socket) => new TcpLeg(socket));
}

/** One that may end what it says and still hear. @param accepted also made with `allowHalfOpen` */
export function halfClosingLeg(accepted: Socket): TcpLeg {
  return adoptAccepted(accepted, (socket) => new TcpLeg(socket, true), true);
}

export class TcpLeg implements Leg {
  readonly halfClose?: () => void;

  private readonly socket: Socket;
  private readonly output: SocketOutput;
  private sink: LegSink | undefined;
  private scheduled = false;
  private over = false;
  private overBecause = "";
  private full = false;
  endedInOrder = false;
  private saidAll = false;
  private heardAll = false;

  constructor(socket: Socket, halfCloses = false) {
    this.socket = socket;
    if (halfCloses) this.halfClose = () => this.sayLast();
    this.output = new SocketOutput(socket, this);
    socket.on("drain", () => this.drain());
    socket.on("error", (error) => this.finish(error.message));
    socket.on("end", () => this.fellSilent("the peer closed the connection"));
    socket.on("close", () => {
      this.endedInOrder = this.saidAll && this.heardAll && !this.over;
      this.finish("the connection was closed");
    });
  }

  get queued(): number {
    return this.over ? 0 : this.output.queued;
  }

  start(sink: LegSink): void {
    if (this.over) queueMicrotask(() => sink.closed(this.overBecause));
    else this.sink = sink;
    this.resume();
  }

  /** Called by whoever reads the socket, with a view valid during the call. */
  received(bytes: Uint8Array): void {
    if (!this.over) this.sink?.bytes(bytes);
    flushMany();
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.output.gather(bytes);
    if (this.output.queued > LEG_QUEUE_MAX) this.full = true;
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtTurnEnd(this);
  }

  flush(): void {
    this.scheduled = false;
    if (this.over) return;
    this.output.flush();
    this.drain();
  }

  spent(bytes: Uint8Array): void {
    this.sink?.spent?.(bytes);
  }

  pause(): void {
    if (!this.over) this.socket.pause();
  }

  resume(): void {
    if (!this.over) this.socket.resume();
  }

  close(): void {
    if (this.over) return;
    this.release();
    // A reset also drops what the system still holds for a peer that does not read.
    this.socket.resetAndDestroy();
  }

  private fellSilent(reason: string): void {
    if (this.over) return;
    this.heardAll = true;
    if (this.halfClose && this.sink?.halfClosed) this.sink.halfClosed(reason);
    else this.finish(reason);
  }

  /** The socket closes by itself once both have. */
  private sayLast(): void {
    if (this.over) return;
    this.saidAll = true;
    this.output.flush();
    this.socket.end();
  }

  private drain(): void {
    if (!this.full || this.over || this.output.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  }

  private finish(reason: string): void {
    if (this.over) return;
    const sink = this.sink;
    this.overBecause = reason;
    this.release();
    this.socket.destroy();
    sink?.closed(reason);
  }

  private release(): void {
    this.over = true;
    this.output.clear();
    this.sink = undefined;
  }
}
