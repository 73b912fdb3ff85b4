/**
 * The OPC UA listener: `opc.tcp://broker:PORT/ASSET`. A tool proves with a ticket for which
 * session it comes; there is no other way in, and no way on but into that session.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { AddressPlaces, plainAddress } from "../legs/address-places.ts";
import type { OpcuaClients, OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { ClientAsking, ClientAttaching } from "../legs/opcua/client-asking.ts";
import type { OpcuaTickets } from "./opcua-tickets.ts";

export interface OpcuaDoorParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly opcua: OpcuaProcess;
  readonly tickets: OpcuaTickets;
  /** Paths of assets that are reached without security: only there tools may come so. */
  plain(): readonly string[];
  /** Somebody did something under this sign-in. */
  seen(signInId: string): void;
}

/** People of one site with some tools each; below what the system gives one process. */
const CONNECTIONS_MAX = 256;
const CONNECTIONS_PER_ADDRESS_MAX = 32;

export class OpcuaDoor {
  private readonly parts: OpcuaDoorParts;
  private readonly server: Server;
  private readonly clients: OpcuaClients;
  private readonly sockets = new Set<Socket>();
  private readonly places = new AddressPlaces(CONNECTIONS_PER_ADDRESS_MAX);

  private constructor(parts: OpcuaDoorParts) {
    this.parts = parts;
    this.clients = parts.opcua.clients({
      plain: () => parts.plain(),
      url: () => `opc.tcp://${parts.listen}:${this.port}`,
      signIn: async (asking) => this.signIn(asking),
    });
    const options = { noDelay: true, pauseOnConnect: true };
    this.server = createServer(options, (socket) => this.came(socket));
  }

  /** Rejects where the port is taken. */
  static async open(parts: OpcuaDoorParts): Promise<OpcuaDoor> {
    const door = new OpcuaDoor(parts);
    door.server.listen(parts.port, parts.listen);
    await once(door.server, "listening");
    return door;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.clients.close();
  }

  /** One that came to a broker that waits, with the address from which it came there. */
  take(socket: Socket): void {
    const closed = this.enter(socket);
    if (!closed) return;
    socket.once("close", closed);
    // It may be flowing by now, which others are not.
    this.clients.serveStream(socket);
  }

  private came(socket: Socket): void {
    const closed = this.enter(socket);
    if (closed) this.clients.serve(socket, closed);
  }

  /** Undefined, and closed, where there is no place for it. */
  private enter(socket: Socket): (() => void) | undefined {
    socket.on("error", () => undefined);
    const full = this.sockets.size >= CONNECTIONS_MAX;
    const leave = full ? undefined : this.places.take(plainAddress(socket.remoteAddress ?? ""));
    if (!leave) {
      socket.destroy();
      return undefined;
    }
    this.sockets.add(socket);
    return () => {
      this.sockets.delete(socket);
      leave();
    };
  }

  private signIn({ path, user, password, security }: ClientAsking): ClientAttaching | undefined {
    const { tickets, seen, plain } = this.parts;
    // Offered by what stood in the plant file when the tool connected; decided by what stands now.
    if (security.mode === "None" && !plain().includes(path)) return undefined;
    const redeemed = tickets.redeem(path, user, password);
    if (!redeemed) return undefined;
    const { session, signInId } = redeemed;
    return {
      attach: async (leg, peer) => {
        try {
          session.ownerPresent(true, "tool");
          const { ended } = await session.attach(leg, peer);
          void ended.then((cause) => session.end(cause));
        } catch (error) {
          session.end({ rule: "client-closed", reason: "its tool could not be attached" });
          throw error;
        }
      },
      input: () => {
        session.activity();
        seen(signInId);
      },
    };
  }
}
