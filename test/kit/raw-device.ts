/**
 * A Modbus device without manners: a TCP server that keeps what it got and answers only what the
 * test says, so that hanging, lying and flooding can be staged. For honest devices use the
 * simulators or `modbus-serial`.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export class RawDevice {
  readonly frames: Buffer[] = [];
  readonly writes: Buffer[] = [];
  connections = 0;
  /** Answers each whole frame, or does not. */
  onFrame: (frame: Buffer, device: RawDevice) => void = () => {};
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private waiting: (() => void)[] = [];

  private constructor() {
    this.server = createServer((socket) => this.accept(socket));
  }

  static async start(port = 0): Promise<RawDevice> {
    const device = new RawDevice();
    device.server.listen(port, "127.0.0.1");
    await once(device.server, "listening");
    return device;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.sockets.size;
  }

  /** To every open connection. */
  send(bytes: Uint8Array): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Resolves once this many frames have arrived in all. */
  async received(count: number): Promise<void> {
    while (this.frames.length < count) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Says that nothing follows, on every open connection. */
  hangUp(): void {
    for (const socket of this.sockets) socket.end();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private accept(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      this.writes.push(bytes);
      held = Buffer.concat([held, bytes]);
      while (held.length >= 6 && held.length >= 6 + held.readUInt16BE(4)) {
        const frame = held.subarray(0, 6 + held.readUInt16BE(4));
        held = held.subarray(frame.length);
        this.frames.push(Buffer.from(frame));
        this.onFrame(Buffer.from(frame), this);
      }
      for (const wake of this.waiting.splice(0)) wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
  }
}

/** The reply of a device to a read of registers (each holds its own address) or to a write. */
export function replyTo(frame: Buffer): Buffer {
  const [unit = 0, code = 0] = frame.subarray(6);
  if (code !== 3 && code !== 4) return Buffer.from(frame.subarray(0, 12));
  const address = frame.readUInt16BE(8);
  const count = frame.readUInt16BE(10);
  const reply = Buffer.alloc(9 + 2 * count);
  frame.copy(reply, 0, 0, 4);
  reply.writeUInt16BE(3 + 2 * count, 4);
  reply.set([unit, code, 2 * count], 6);
  for (let n = 0; n < count; n++) reply.writeUInt16BE((address + n) & 0xffff, 9 + 2 * n);
  return reply;
}

/** Hex with spaces, as in a transcript. */
export function frame(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}
