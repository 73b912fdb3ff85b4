/**
 * In the OPC UA process: a connection that the broker has made and holds. What comes and goes over
 * it crosses the wire as it is; its messages do so only until the channel is handed over.
 */
import { EventEmitter } from "node:events";
import type { ChannelTaker } from "../asset-channel.ts";
import type { ByteSocket } from "../framed-socket.ts";
import type { HandedToken } from "../symmetric/channel-keys.ts";
import { KIND, type Wire } from "./wire.ts";

/** What the broker says of it, and what is said of it to the broker. */
export interface CarriedWord {
  readonly to?: "resume" | "pause" | "end" | "destroy";
  readonly because?: string | undefined;
  readonly renewed?: HandedToken;
  /** The number that the peer's chunk has that comes behind this word. */
  readonly expects?: number;
  /** And that which its answer gets, where it is to be answered. */
  readonly lends?: number;
  readonly closed?: true;
}

/** Where it comes from. */
export interface CarriedFrom {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export class CarriedSocket extends EventEmitter implements ByteSocket, ChannelTaker {
  readonly id: number;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Told of the number of the next chunk that is to be written. */
  lent: ((sequenceNumber: number) => void) | undefined;
  private readonly wire: Wire;
  private readonly over: () => void;
  private expected: number | undefined;
  private because: string | undefined;
  private isClosed = false;
  private isDestroyed = false;

  /** @param over it is closed, for whatever reason */
  constructor(wire: Wire, id: number, over: () => void, from: CarriedFrom = {}) {
    super();
    this.wire = wire;
    this.id = id;
    this.over = over;
    this.remoteAddress = from.remoteAddress;
    this.remotePort = from.remotePort;
  }

  /** Why it was closed, where that is known. */
  get why(): string | undefined {
    return this.because;
  }

  get destroyed(): boolean {
    return this.isDestroyed;
  }

  /** The broker bounds what waits in its socket. */
  get writableLength(): number {
    return 0;
  }

  write(bytes: Uint8Array | string, done: (error?: Error | null) => void): boolean {
    if (this.isDestroyed) return false;
    this.wire.send(KIND.chunk, this.id, Buffer.from(bytes));
    queueMicrotask(done);
    return true;
  }

  end(): void {
    this.say({ to: "end" });
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    // Later: why is known a moment after.
    queueMicrotask(() => {
      this.say({ to: "destroy", because: this.because });
      this.close();
    });
  }

  pause(): void {
    this.say({ to: "pause" });
  }

  resume(): void {
    this.say({ to: "resume" });
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ending(why: string): void {
    this.because = why;
  }

  async lend(): Promise<number> {
    return Number(await this.wire.call("lend", { connection: this.id }));
  }

  renewed(token: HandedToken): void {
    this.say({ renewed: token });
  }

  isNext(sequenceNumber: number): boolean {
    const isRight = sequenceNumber === this.expected;
    this.expected = undefined;
    return isRight;
  }

  /** A chunk of the peer; the broker is told once it is understood. */
  chunk(bytes: Buffer): void {
    if (this.isDestroyed) return;
    this.emit("data", bytes);
    this.took(bytes.length);
  }

  /** So much of what was sent here is understood. */
  took(bytes: number): void {
    this.wire.number(KIND.taken, this.id, bytes);
  }

  /** What the broker says of it. */
  told({ expects, lends, closed, because }: CarriedWord): void {
    if (expects !== undefined) this.expected = expects;
    if (lends !== undefined) this.lent?.(lends);
    this.because ??= because;
    if (closed) this.close();
  }

  private say(word: CarriedWord): void {
    this.wire.word(this.id, { carried: word });
  }

  private close(): void {
    this.isDestroyed = true;
    if (this.isClosed) return;
    this.isClosed = true;
    this.over();
    this.emit("close", false);
  }
}
