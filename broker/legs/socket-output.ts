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

export class SocketOutput {
  private readonly socket: Socket & { readonly _handle?: Handle | null };
  private readonly writeNow: WriteNow;
  /** As long as the socket has this handle, the descriptor is its own. */
  private handle: Handle | null | undefined;
  private fd = -1;
  private first: Uint8Array | undefined;
  private more: Uint8Array[] = [];
  private length = 0;

  /** @param writeNow for tests, which take less than they are given. */
  constructor(socket: Socket, writeNow: WriteNow = writeSync) {
    this.socket = socket;
    this.writeNow = writeNow;
  }

  /** Bytes not yet taken by the system. */
  get queued(): number {
    return this.length + this.socket.writableLength;
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
    const several = this.more.length > 0;
    const bytes = several ? this.together(first) : first;
    this.clear();
    const taken = direct && this.socket.writableLength === 0 ? this.write(bytes, length) : 0;
    if (taken === length) return;
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

  private together(first: Uint8Array): Uint8Array {
    const buffer = this.length <= STAGING_LENGTH ? staging : new Uint8Array(this.length);
    buffer.set(first, 0);
    let at = first.length;
    for (const part of this.more) {
      buffer.set(part, at);
      at += part.length;
    }
    return buffer;
  }
}
