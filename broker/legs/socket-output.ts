/**
 * What one socket has to send: gathered during a turn, written in one call, bounded by its owner.
 *
 * All sockets copy into one staging buffer. The kernel nearly always takes a small write at once;
 * where it does not, the stream still points into the buffer, so a new one is staged from then on.
 */
import type { Socket } from "node:net";

/** Several hundred Modbus frames; what is longer gets an array of its own. */
const STAGING_LENGTH = 65_536;

let staging = Buffer.allocUnsafeSlow(STAGING_LENGTH);

export class SocketOutput {
  private readonly socket: Socket;
  private pending: Uint8Array[] = [];
  private length = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Bytes not yet taken by the system. */
  get queued(): number {
    return this.length + this.socket.writableLength;
  }

  /** Bytes gathered and not yet given to the socket. */
  get gathered(): number {
    return this.length;
  }

  gather(bytes: Uint8Array): void {
    this.pending.push(bytes);
    this.length += bytes.length;
  }

  flush(): void {
    if (this.length === 0) return;
    const { pending, length } = this;
    this.pending = [];
    this.length = 0;
    writeTogether(this.socket, pending, length);
  }

  clear(): void {
    this.pending = [];
    this.length = 0;
  }
}

function writeTogether(socket: Socket, parts: readonly Uint8Array[], length: number): void {
  const shared = length <= STAGING_LENGTH;
  const buffer = shared ? staging : Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const part of parts) {
    buffer.set(part, at);
    at += part.length;
  }
  socket.write(buffer.subarray(0, length));
  if (shared && socket.writableLength > 0) staging = Buffer.allocUnsafeSlow(STAGING_LENGTH);
}
