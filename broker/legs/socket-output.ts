/**
 * What one socket has to send: gathered during a turn, written in one call, bounded by its owner.
 *
 * Sending is most of the cost of relaying small messages, so there are two roads. The direct one
 * writes on the socket's descriptor while its stream has nothing queued; what the system does not
 * take goes to the stream, and everything after it until the stream is empty again. Where Node
 * keeps the descriptor elsewhere one day, or a setting says so, all goes through the stream.
 */
import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { putBytes } from "../../protocols/tape/byte-writer.ts";

/** Several hundred Modbus frames; what is longer gets an array of its own. */
const STAGING_LENGTH = 65_536;

/** All sockets copy into it what leaves in one call. */
let staging = new Uint8Array(STAGING_LENGTH);

let direct = true;

/** How sockets are written from now on, where both roads are open. */
export function writeDirectly(yes: boolean): void {
  direct = yes;
}

interface Handle {
  readonly fd?: number;
}

/** Writes without waiting, as the system's `write`: throws `EAGAIN` where nothing is taken. */
export type WriteNow = (fd: number, bytes: Uint8Array, offset: number, length: number) => number;

/** Is told of each array that was gathered once its bytes have left, or were copied. */
export interface Spends {
  spent(bytes: Uint8Array): void;
}

export class SocketOutput {
  private readonly socket: Socket & { readonly _handle?: Handle | null };
  private readonly writeNow: WriteNow;
  private readonly owner: Spends | undefined;
  /** As long as the socket has this handle, the descriptor is its own. */
  private handle: Handle | null | undefined;
  private fd = -1;
  private first: Uint8Array | undefined;
  private more: Uint8Array[] = [];
  private length = 0;
  /** The stream was given some, and may have it still. */
  private streaming = false;

  /** @param writeNow for tests, which take less than they are given. */
  constructor(socket: Socket, owner?: Spends, writeNow: WriteNow = writeSync) {
    this.socket = socket;
    this.owner = owner;
    this.writeNow = writeNow;
  }

  /** Bytes not yet taken by the system. */
  get queued(): number {
    return this.length + this.streamed;
  }

  /** Bytes in the stream. Asked for with every message: a stream that never got any is not asked. */
  private get streamed(): number {
    if (!this.streaming) return 0;
    const { writableLength } = this.socket;
    this.streaming = writableLength > 0;
    return writableLength;
  }

  /** Bytes gathered and not yet given to the socket. */
  get gathered(): number {
    return this.length;
  }

  /** The array is the output's to keep. */
  gather(bytes: Uint8Array): void {
    if (this.first === undefined) this.first = bytes;
    else this.more.push(bytes);
    this.length += bytes.length;
  }

  flush(): void {
    const { first, length } = this;
    if (first === undefined) return;
    const bytes = this.together(first);
    this.clear();
    const taken = direct && this.streamed === 0 ? this.write(bytes, length) : 0;
    if (taken === length) return;
    this.streaming = true;
    this.socket.write(bytes.subarray(taken, length));
    // The stream keeps pointing into it until the system has taken the rest.
    if (bytes === staging) staging = new Uint8Array(STAGING_LENGTH);
  }

  clear(): void {
    this.first = undefined;
    if (this.more.length > 0) this.more = [];
    this.length = 0;
  }

  /** Answers how much the system took. Any error is the stream's to meet and tell. */
  private write(bytes: Uint8Array, length: number): number {
    const handle = this.socket._handle;
    if (handle !== this.handle) this.take(handle);
    if (this.fd < 0) return 0;
    try {
      return this.writeNow(this.fd, bytes, 0, length);
    } catch {
      return 0;
    }
  }

  /** Of a plain TCP socket alone: another handle may encrypt what it is given. */
  private take(handle: Handle | null | undefined): void {
    this.handle = handle;
    const isTcp = handle?.constructor.name === "TCP" && !this.socket.connecting;
    this.fd = isTcp && typeof handle.fd === "number" ? handle.fd : -1;
  }

  /**
   * Also of a single one: a small array lives within the heap, and the system can only be given
   * memory outside of it, which to make costs more than to copy.
   */
  private together(first: Uint8Array): Uint8Array {
    const buffer = this.length <= STAGING_LENGTH ? staging : new Uint8Array(this.length);
    let at = putBytes(buffer, 0, first);
    for (const part of this.more) at = putBytes(buffer, at, part);
    const { owner } = this;
    if (owner === undefined) return buffer;
    owner.spent(first);
    for (const part of this.more) owner.spent(part);
    return buffer;
  }
}
