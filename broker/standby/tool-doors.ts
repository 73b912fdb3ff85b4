/**
 * The doors for native tools and web panels at a broker that waits and leads people on: each
 * connection is carried to the same door of the active one as the bytes that it is. Nothing is read
 * here: what ends there, an SSH handshake or an OPC UA channel, ends there. Where no broker is active
 * the tool is told so in its own protocol.
 */
import { createServer as createSecureServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX } from "../api/connection-limits.ts";
import type { Config } from "../config.ts";
import { AddressPlaces, plainAddress } from "../legs/address-places.ts";
import type { ServedCertificate } from "../tls/served-certificate.ts";
import { Joined } from "./joined.ts";
import type { RoadToActive } from "./road-to-active.ts";
import { nobodyActive } from "./tool-words.ts";

/** As `PEER_DOORS`, without those that are no tool's. */
export type ToolDoor = "ssh" | "opcua" | "panels";

export interface ToolDoorsParts
  extends Pick<Config, "listen" | "sshPort" | "opcuaPort" | "panelPort"> {
  /** Of panels over TLS: it ends here, by the site's same certificate. */
  readonly certificate: ServedCertificate | undefined;
  readonly road: Pick<RoadToActive, "isUp" | "connect">;
  /** One sentence for a person: why nobody is active. */
  why(): string;
  say(line: string): void;
}

/** As at the doors of the active one. */
const LIMITS: Readonly<Record<ToolDoor, { readonly all: number; readonly ofAddress: number }>> = {
  ssh: { all: 256, ofAddress: 32 },
  opcua: { all: 256, ofAddress: 32 },
  panels: { all: CONNECTIONS_MAX, ofAddress: CONNECTIONS_PER_ADDRESS_MAX },
};
/** Who is told that nobody is active, and does not go. */
const TOLD_MS = 5_000;

export class ToolDoors {
  private readonly parts: ToolDoorsParts;
  private readonly servers: Server[] = [];
  private readonly joined = new Joined();
  private readonly stops: (() => void)[] = [];

  private constructor(parts: ToolDoorsParts) {
    this.parts = parts;
  }

  /** A port that is taken is said and left: that a broker waits counts for more. */
  static async open(parts: ToolDoorsParts): Promise<ToolDoors> {
    const doors = new ToolDoors(parts);
    const { sshPort, opcuaPort, panelPort } = parts;
    if (sshPort !== undefined) await doors.listen("ssh", sshPort, doors.plain("ssh"));
    if (opcuaPort !== undefined) await doors.listen("opcua", opcuaPort, doors.plain("opcua"));
    if (panelPort !== undefined) await doors.listen("panels", panelPort, doors.panels());
    return doors;
  }

  /** Leaves the ports to this broker's own doors; those who came by them are cut off. */
  close(): void {
    for (const stop of this.stops) stop();
    for (const server of this.servers) server.close();
    this.joined.cut();
  }

  private plain(door: ToolDoor): Server {
    return createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      this.came(door, socket),
    );
  }

  private panels(): Server {
    const { certificate } = this.parts;
    if (!certificate) return this.plain("panels");
    const server = createSecureServer(certificate.options());
    // What is inside is the active broker's to read.
    server.removeAllListeners("secureConnection");
    server.on("secureConnection", (socket) => this.came("panels", socket));
    server.on("tlsClientError", (_, socket) => socket.destroy());
    this.stops.push(certificate.serve(server));
    return server;
  }

  private listen(door: ToolDoor, port: number, server: Server): Promise<void> {
    const { all, ofAddress } = LIMITS[door];
    const places = new AddressPlaces(ofAddress);
    server.maxConnections = all;
    // Before a byte of it is read.
    server.prependListener("connection", (socket: Socket) => {
      socket.on("error", () => {});
      const leave = places.take(plainAddress(socket.remoteAddress ?? ""));
      if (leave) socket.once("close", leave);
      else socket.destroy();
    });
    const { listen: host, say } = this.parts;
    return new Promise((resolve) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        say(
          `Port ${port} cannot be had (${error.code}): from it nobody is led to the active broker.`,
        );
        resolve();
      });
      server.listen({ host, port, exclusive: true }, () => {
        this.servers.push(server);
        resolve();
      });
    });
  }

  private came(door: ToolDoor, socket: Socket): void {
    socket.on("error", () => {});
    if (socket.destroyed) return;
    this.joined.add(socket);
    const { road, why } = this.parts;
    const { remoteAddress = "::", remotePort: port = 0 } = socket;
    const reached = road.isUp
      ? road.connect(door, { address: plainAddress(remoteAddress), port })
      : Promise.reject(new Error("nobody is active"));
    reached.then(
      (peer) => {
        if (socket.destroyed) peer.destroy();
        else this.joined.join(socket, peer);
      },
      () => tell(socket, nobodyActive(door, why())),
    );
  }
}

/** What the tool says meanwhile is not waited for, but taken: unread it would take back our words. */
function tell(socket: Socket, words: Uint8Array): void {
  if (socket.destroyed) return;
  const late = setTimeout(() => socket.destroy(), TOLD_MS);
  socket.once("close", () => clearTimeout(late));
  socket.resume();
  socket.end(words);
}
