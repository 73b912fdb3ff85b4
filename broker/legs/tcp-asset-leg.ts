/** One connection to an asset whose bytes nobody decodes: dialled when its channel begins. */
import { connect, type Socket } from "node:net";
import { assetWords } from "./asset-words.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "./leg.ts";

/** One side has ended what it says: where nothing moves for so long, nothing more will. */
const HALF_CLOSED_IDLE_MS = 2 * 60_000;

export interface TcpTarget {
  readonly address: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Nothing of it is left. */
  over(): void;
}

const CLOSED = "the asset closed the connection";

export class TcpAssetLeg implements Leg {
  private readonly target: TcpTarget;
  private sink: LegSink | undefined;
  private socket: Socket | undefined;
  private full = false;
  private over = false;
  endedInOrder = false;
  private saidAll = false;
  private heardAll = false;

  constructor(target: TcpTarget) {
    this.target = target;
  }

  get queued(): number {
    return this.over ? 0 : (this.socket?.writableLength ?? 0);
  }

  start(sink: LegSink): void {
    this.sink = sink;
    const { address: host, port, connectTimeoutMs } = this.target;
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    this.socket = socket;
    const late = setTimeout(() => this.gone("it did not answer in time"), connectTimeoutMs);
    socket.once("connect", () => clearTimeout(late));
    socket.once("close", () => clearTimeout(late));
    socket.on("data", (bytes: Buffer) => {
      if (!this.over) this.sink?.bytes(bytes);
    });
    socket.on("error", (error) => this.gone(assetWords(error)));
    // Behind what was read in this turn: the last bytes reach the client before the end does.
    socket.on("end", () => setImmediate(() => this.fellSilent()));
    socket.on("timeout", () => this.gone("one side had ended, and the other said nothing more"));
    socket.on("close", () => setImmediate(() => this.ended()));
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    this.socket?.write(bytes, this.onWritten);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  halfClose(): void {
    if (this.over) return;
    this.saidAll = true;
    this.socket?.setTimeout(HALF_CLOSED_IDLE_MS);
    this.socket?.end();
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

  private fellSilent(): void {
    if (this.over) return;
    this.heardAll = true;
    this.socket?.setTimeout(HALF_CLOSED_IDLE_MS);
    const { sink } = this;
    if (sink?.halfClosed) sink.halfClosed(CLOSED);
    else this.socket?.end();
  }

  private ended(): void {
    this.endedInOrder = this.saidAll && this.heardAll && !this.over;
    this.gone(CLOSED);
  }

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
