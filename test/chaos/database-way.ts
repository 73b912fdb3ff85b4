/**
 * The way of one broker to its database, over a Unix socket of its own, which can be lost without
 * a word to the broker. The server is told at once, so that it gives the broker's lock away while
 * the broker still believes that it has it: the worst that a network does.
 */
import { mkdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import type { PostgresPlace } from "../../broker/store/postgres-place.ts";

export class DatabaseWay {
  readonly place: PostgresPlace;
  private readonly server: Server;
  private readonly onward: string;
  private readonly sockets = new Set<Socket>();
  private readonly toServer = new Set<Socket>();
  private isLost = false;

  private constructor(folder: string, to: PostgresPlace) {
    this.place = { ...to, host: folder };
    this.onward = socketOf(to);
    this.server = createServer((socket) => this.came(socket));
  }

  static async open(folder: string, to: PostgresPlace): Promise<DatabaseWay> {
    mkdirSync(folder);
    const way = new DatabaseWay(folder, to);
    await new Promise<void>((resolve) => {
      way.server.listen(socketOf(way.place), resolve);
    });
    return way;
  }

  lose(): void {
    this.isLost = true;
    for (const socket of this.toServer) socket.destroy();
  }

  restore(): void {
    this.isLost = false;
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    for (const socket of [...this.sockets, ...this.toServer]) socket.destroy();
  }

  private came(broker: Socket): void {
    keep(broker, this.sockets);
    // Nobody answers, and nobody says so.
    if (this.isLost) return;
    const server = keep(connect(this.onward), this.toServer);
    broker.on("data", (bytes) => void (this.isLost || server.write(bytes)));
    server.on("data", (bytes) => void (this.isLost || broker.write(bytes)));
    broker.on("close", () => server.destroy());
    server.on("close", () => void (this.isLost || broker.destroy()));
  }
}

function keep(socket: Socket, into: Set<Socket>): Socket {
  into.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => into.delete(socket));
  return socket;
}

function socketOf({ host, port }: PostgresPlace): string {
  return path.join(host, `.s.PGSQL.${port}`);
}
