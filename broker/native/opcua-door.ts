/**
 * The OPC UA listener: `opc.tcp://broker:PORT/ASSET`. A tool proves with a ticket for which
 * session it comes; there is no other way in, and no way on but into that session.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { ClientAsking, ClientAttaching } from "../legs/opcua/client-asking.ts";
import type { ClientListener } from "../legs/opcua/client-listener.ts";
import type { IdentitySource } from "../legs/opcua/kept-identity.ts";
import type { OpcuaTickets } from "./opcua-tickets.ts";

export interface OpcuaDoorParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly identity: IdentitySource;
  readonly tickets: OpcuaTickets;
  /** Whether the asset of this path is reached without security: only then tools may come so. */
  isPlain(path: string): boolean;
  /** Somebody did something under this sign-in. */
  seen(signInId: string): void;
}

/** People of one site with some tools each; below what the system gives one process. */
const CONNECTIONS_MAX = 256;
const CONNECTIONS_PER_ADDRESS_MAX = 32;

export class OpcuaDoor {
  private readonly parts: OpcuaDoorParts;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly byAddress = new Map<string, number>();
  private listener: Promise<ClientListener> | undefined;

  private constructor(parts: OpcuaDoorParts) {
    this.parts = parts;
    const options = { noDelay: true, pauseOnConnect: true };
    this.server = createServer(options, (socket) => void this.came(socket));
    this.server.maxConnections = CONNECTIONS_MAX;
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
    // One that could not be loaded has told who asked for it.
    void this.listener?.then(
      (listener) => listener.close(),
      () => undefined,
    );
    for (const socket of this.sockets) socket.destroySoon();
  }

  private async came(socket: Socket): Promise<void> {
    socket.on("error", () => undefined);
    const address = socket.remoteAddress ?? "";
    const open = (this.byAddress.get(address) ?? 0) + 1;
    if (open > CONNECTIONS_PER_ADDRESS_MAX) return void socket.destroy();
    this.byAddress.set(address, open);
    this.sockets.add(socket);
    socket.once("close", () => {
      this.sockets.delete(socket);
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.byAddress.set(address, left);
      else this.byAddress.delete(address);
    });
    this.listener ??= this.load();
    try {
      const listener = await this.listener;
      if (!socket.destroyed) listener.serve(socket);
    } catch {
      this.listener = undefined;
      socket.destroy();
    }
  }

  /** The library takes a second to load: only when the first tool comes. */
  private async load(): Promise<ClientListener> {
    const { ClientListener } = await import("../legs/opcua/client-listener.ts");
    const { NO_SECURITY, SECURE } = await import("../legs/opcua/security.ts");
    const { identity, isPlain, listen } = this.parts;
    return new ClientListener({
      identity: await identity(),
      security: (path) => (isPlain(path) ? [...SECURE, NO_SECURITY] : SECURE),
      url: () => `opc.tcp://${listen}:${this.port}`,
      signIn: async (asking) => this.signIn(asking),
    });
  }

  private signIn({ path, user, password }: ClientAsking): ClientAttaching | undefined {
    const { tickets, seen } = this.parts;
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
