/** One connection to an asset whose bytes nobody decodes: dialled when its channel begins. */
import { connect, type Socket } from "node:net";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "./leg.ts";

export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Nothing of it is left. */
  over(): void;
}

export class TcpAssetLeg implements Leg {
  private readonly target: TcpTarget;
  private sink: LegSink | undefined;
  private socket: Socket | undefined;
  private full = false;
  private over = false;

  constructor(target: TcpTarget) {
    this.target = target;
  }

  get queued(): number {
    return this.over ? 0 : (this.socket?.writableLength ?? 0);
  }

  start(sink: LegSink): void {
    this.sink = sink;
    const { address: host, port, connectTimeoutMs } = this.target;
    const socket = connect({ host, port, noDelay: true });
    this.socket = socket;
    const late = setTimeout(() => this.gone("it did not answer in time"), connectTimeoutMs);
    socket.once("connect", () => clearTimeout(late));
    socket.once("close", () => clearTimeout(late));
    socket.on("data", (bytes: Buffer) => {
      if (!this.over) this.sink?.bytes(bytes);
    });
    socket.on("error", (error) => this.gone(error.message));
    // Behind what was read in this turn: the last bytes reach the client before the end does.
    socket.on("close", () => setImmediate(() => this.gone("the asset closed the connection")));
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.socket?.write(bytes, this.onWritten);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  pause(): void {
    this.socket?.pause();
  }

  resume(): void {
    this.socket?.resume();
  }

  close(): void {
    if (this.over) return;
    this.release();
    this.socket?.resetAndDestroy();
  }

  private readonly onWritten = (): void => {
    if (!this.full || this.over || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  };

  private gone(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.release();
    this.socket?.destroy();
    sink?.closed(reason);
  }

  private release(): void {
    this.over = true;
    this.sink = undefined;
    this.target.over();
  }
}
