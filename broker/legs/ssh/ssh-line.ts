/**
 * What of an SSH connection has not left yet. ssh2 takes from a channel whatever the peer's window
 * allows, and a peer may allow everything and read nothing; and it answers each request, whoever
 * reads the answers. So a leg counts what waits here as its own queue, and nobody leaves more.
 */
import type { Socket } from "node:net";

/**
 * Far above what all channels of a connection may have on their way: who leaves so much asks for
 * answers that he never takes.
 */
const UNSENT_MAX = 33_554_432;

export class SshLine {
  private readonly socket: Socket;
  private readonly legs = new Set<() => void>();

  /** @param connection a `Connection` of the server, or a `Client` that was told to connect */
  constructor(connection: object) {
    this.socket = (connection as { readonly _sock: Socket })._sock;
    this.socket.on("drain", () => {
      for (const emptied of [...this.legs]) emptied();
    });
    const { write } = this.socket;
    this.socket.write = ((...args: Parameters<Socket["write"]>) => {
      const takes = write.apply(this.socket, args);
      if (this.queued > UNSENT_MAX) this.socket.destroy(new Error(TAKES_NOTHING));
      return takes;
    }) as Socket["write"];
  }

  get queued(): number {
    return this.socket.writableLength;
  }

  /** @param emptied called whenever all of much has left, until the leg leaves by what this answers */
  enter(emptied: () => void): () => void {
    this.legs.add(emptied);
    return () => void this.legs.delete(emptied);
  }
}

const TAKES_NOTHING = "it takes nothing of what it was answered";
