/**
 * Where brokers that wait knock at the active one. What they bring is for the caller to believe or
 * not; here is only what a stranger may take before that.
 */
import type { Server, Socket } from "node:net";
import { createServer } from "node:tls";
import { AddressPlaces, plainAddress } from "./address-places.ts";
import type { PeerSocket } from "./peer-dialer.ts";

export interface PeerKnocks {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly connectionsMax: number;
  /** @param proved gives the stranger's place to others: it is none */
  came(socket: PeerSocket, proved: () => void): void;
}

const HANDSHAKE_MS = 5_000;
const KEEP_ALIVE_MS = 5_000;
/** Those of one address that have proved nothing yet: pages that many people open at one instant. */
const UNPROVED_PER_ADDRESS_MAX = 256;

/** Rejects with the system's error where it cannot listen. */
export async function listenForPeers(parts: PeerKnocks): Promise<Server> {
  const { host, port, certificate: cert, privateKey: key } = parts;
  const unproved = new AddressPlaces(UNPROVED_PER_ADDRESS_MAX);
  const places = new Map<string, () => void>();
  const server: Server = createServer(
    {
      ...{ cert, key, minVersion: "TLSv1.3", handshakeTimeout: HANDSHAKE_MS },
      ...{ allowHalfOpen: true, noDelay: true, keepAlive: true },
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    },
    (socket) => {
      socket.on("error", () => {});
      parts.came(socket, places.get(nameOf(socket)) ?? (() => {}));
    },
  );
  server.maxConnections = parts.connectionsMax;
  // Before a byte of it is read.
  server.on("connection", (socket: Socket) => {
    const leave = unproved.take(plainAddress(socket.remoteAddress ?? ""));
    if (!leave) return void socket.destroy();
    const name = nameOf(socket);
    places.set(name, leave);
    socket.once("close", () => {
      places.delete(name);
      leave();
    });
  });
  server.on("tlsClientError", (_: Error, socket: PeerSocket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return server;
}

/** Of a connection while it is open. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
