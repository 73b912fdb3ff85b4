/** Connections whose bytes are carried on unread, until either side ends. */
import type { Duplex } from "node:stream";

/** A connection of which one side has said its last word. */
const FAREWELL_MS = 5_000;

export class Joined {
  private readonly sockets = new Set<Duplex>();

  /** Ends with those that are joined. */
  add(socket: Duplex): void {
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  }

  join(socket: Duplex, peer: Duplex): void {
    for (const [one, other] of [
      [socket, peer],
      [peer, socket],
    ] as const) {
      this.add(one);
      one.on("error", () => {});
      one.once("close", () => other.destroy());
      one.once("end", () => {
        const late = setTimeout(() => other.destroy(), FAREWELL_MS);
        other.once("close", () => clearTimeout(late));
      });
      one.pipe(other);
    }
  }

  cut(): void {
    for (const each of [...this.sockets]) each.destroy();
  }
}
