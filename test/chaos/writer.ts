/** Clients that write as fast as they are answered, each write a pair of address and value never used before. */
import { connect, type Socket } from "node:net";

const CLIENTS = 4;
/** Requests of one client under way at a time. */
const PIPELINE = 4;
const ADDRESSES = 1_000;

export class Writers {
  /** Writes asked for, and replies that said they were done. */
  asked = 0;
  done = 0;
  private next: number;
  private readonly sockets: Socket[] = [];

  /** @param first of the numbers that make the pairs; the next run goes on at `after`. */
  constructor(port: number, first: number) {
    this.next = first;
    for (let n = 0; n < CLIENTS; n++) this.sockets.push(this.client(port));
  }

  get after(): number {
    return this.next;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private client(port: number): Socket {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let held = 0;
    socket.on("error", () => {});
    socket.on("connect", () => {
      for (let n = 0; n < PIPELINE; n++) this.write(socket);
    });
    socket.on("data", (bytes) => {
      // Replies to single writes are 12 bytes, exceptions 9: only their number matters here.
      held += bytes.length;
      for (; held >= 12; held -= 12) {
        this.done += 1;
        this.write(socket);
      }
    });
    return socket;
  }

  private write(socket: Socket): void {
    const number = this.next++;
    const frame = Buffer.from("000000000006010600000000", "hex");
    frame.writeUInt16BE(number & 0xffff, 0);
    frame.writeUInt16BE(number % ADDRESSES, 8);
    frame.writeUInt16BE(Math.floor(number / ADDRESSES), 10);
    socket.write(frame);
    this.asked += 1;
  }
}
