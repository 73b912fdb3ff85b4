/**
 * Where the brokers that wait reach the active one. Who proves that it is of the site may say from
 * whom each connection comes, and hands it to the same doors that people come in by here; nobody
 * else is heard. Only the active broker listens, so nothing can go round in a circle.
 */
import { type AddressInfo, isIPv6, type Server, type Socket } from "node:net";
import { CONNECTIONS_MAX } from "../api/connection-limits.ts";
import { plainAddress } from "../legs/address-places.ts";
import type { PeerSocket } from "../legs/peer-dialer.ts";
import { listenForPeers } from "../legs/peer-knocks.ts";
import { ACCEPTED, firstLine, type Hello, helloIn, type PeerDoor } from "./peer-hello.ts";
import type { PeerKey } from "./peer-key.ts";

/** Takes a connection as if its person had come here. */
export type TakeConnection = (socket: PeerSocket) => void;

export interface PeerListenerParts {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly key: PeerKey;
  readonly doors: Readonly<Partial<Record<PeerDoor, TakeConnection>>>;
  /** Somebody who knocked did not prove that they are of the site. */
  stranger(address: string, why: string): void;
}

/** Of SSH and OPC UA. */
const TOOLS_MAX = 512;
/** What two brokers that wait may have of people each: pages, panels, tools; and how they watch. */
const PEER_CONNECTIONS_MAX = 2 * (2 * CONNECTIONS_MAX + TOOLS_MAX) + 16;
/** How often one that waits hears that the active one lives. */
export const BEAT_MS = 1_000;
/** Of a line whose other end reads nothing. */
const UNREAD_BYTES_MAX = 64;

export class PeerListener {
  private readonly parts: PeerListenerParts;
  private readonly server: Server;
  private readonly sockets = new Set<PeerSocket>();
  private readonly watchers = new Map<PeerSocket, string>();

  private constructor(parts: PeerListenerParts, server: Server) {
    this.parts = parts;
    this.server = server;
  }

  /** Rejects with the system's error where it cannot listen. */
  static async open(parts: PeerListenerParts): Promise<PeerListener> {
    const { host, port, certificate, privateKey } = parts;
    const server = await listenForPeers({
      ...{ host, port, certificate, privateKey, connectionsMax: PEER_CONNECTIONS_MAX },
      came: (socket, proved) => void listener.came(socket, proved),
    });
    const listener = new PeerListener(parts, server);
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Machines of the brokers that forward to this one now. */
  get names(): readonly string[] {
    return [...new Set(this.watchers.values())];
  }

  /** Nobody is led here any more; what is under way goes on. */
  leave(): void {
    this.server.close();
    for (const socket of this.watchers.keys()) socket.destroy();
  }

  close(): void {
    this.leave();
    for (const socket of this.sockets) socket.destroy();
  }

  private async came(socket: PeerSocket, proved: () => void): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? "");
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    try {
      const line = await firstLine(socket);
      const hello = helloIn(line, socket, this.parts.key);
      if (hello) {
        proved();
        this.take(socket, hello);
      } else this.refuse(socket, address, "it does not prove that it is a broker of this site");
    } catch (error) {
      this.refuse(socket, address, error instanceof Error ? error.message : String(error));
    }
  }

  private refuse(socket: PeerSocket, address: string, why: string): void {
    socket.destroy();
    this.parts.stranger(address, why);
  }

  private take(socket: PeerSocket, hello: Hello): void {
    const take = hello.door === "watch" ? undefined : this.parts.doors[hello.door];
    if (hello.door === "watch") {
      this.watched(socket, hello.name);
    } else if (take) {
      cameFrom(socket, hello);
      socket.write(`${ACCEPTED}\n`);
      take(socket);
    } else {
      socket.end("closed\n");
    }
  }

  private watched(socket: PeerSocket, name: string): void {
    this.watchers.set(socket, name);
    socket.write(`${ACCEPTED}\n`);
    const beat = setInterval(() => {
      if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy();
      else socket.write("\n");
    }, BEAT_MS);
    socket.once("close", () => {
      clearInterval(beat);
      this.watchers.delete(socket);
    });
    socket.once("end", () => socket.destroy());
    // Nothing is said on it.
    socket.resume();
  }
}

/** Whatever looks at the connection sees the person's address, as if they had come here. */
function cameFrom(socket: Socket, { address, port }: Hello): void {
  const seen = {
    remoteAddress: address,
    remotePort: port,
    remoteFamily: isIPv6(address) ? "IPv6" : "IPv4",
  };
  for (const [name, value] of Object.entries(seen)) {
    Object.defineProperty(socket, name, { value, configurable: true });
  }
}
