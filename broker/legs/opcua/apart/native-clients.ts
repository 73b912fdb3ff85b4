/**
 * The broker's side of native clients: it holds their connections, and their sessions' legs. The
 * OPC UA process meets each client first and opens its channel; it says who has shown which
 * ticket, and once that is known hands the channel over.
 */
import type { Duplex } from "node:stream";
import type { ClientAsking, ClientAttaching, OpcuaDoorways } from "../client-asking.ts";
import { OpcuaClientLeg } from "../client-leg.ts";
import type { HandedClient } from "../handed-client.ts";
import type { ChannelSecurity } from "../security.ts";
import type { CarriedWord } from "./carried-socket.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ProvedSession, ServedWord } from "./client-words.ts";
import { wordsOf } from "./said-words.ts";
import { jsonOf, KIND, type Wire, type WireMessage } from "./wire.ts";

export interface ServedClient {
  /** Of the door. */
  readonly id: number;
  readonly door: OpcuaDoorways;
  /** Paused; nothing read. */
  readonly socket: Duplex;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  closed(): void;
}

interface SignedIn {
  readonly attaching: ClientAttaching;
  readonly security: ChannelSecurity;
}

interface ServedLeg {
  readonly leg: OpcuaClientLeg;
  readonly token: string;
  readonly security: ChannelSecurity;
  connection: ClientConnection | undefined;
}

/** Sign-ins whose session was not asked for yet. */
const SIGNED_IN_MAX = 256;
/** As requests begin with it. */
const TOKEN_MAX = 1_024;

export class NativeClients {
  private readonly wire: Wire;
  private readonly next: () => number;
  private readonly doors = new Map<number, OpcuaDoorways>();
  private readonly connections = new Map<number, ClientConnection>();
  private readonly signedIn = new Map<number, SignedIn>();
  private readonly legs = new Map<number, ServedLeg>();

  /** @param next a number that nothing on this wire has */
  constructor(wire: Wire, next: () => number) {
    this.wire = wire;
    this.next = next;
  }

  serve({ id: doorId, door, socket, closed, ...from }: ServedClient): void {
    this.doors.set(doorId, door);
    const id = this.next();
    const gone = () => {
      this.connections.delete(id);
      closed();
    };
    const { wire } = this;
    const served: ServedWord = {
      ...{ door: doorId, url: door.url(), plain: door.plain() },
      ...{ address: from.remoteAddress ?? "", port: from.remotePort ?? 0 },
    };
    wire.word(id, { served });
    this.connections.set(id, new ClientConnection({ id, wire, socket, closed: gone }));
  }

  closeDoor(id: number): void {
    this.doors.delete(id);
    this.wire.word(id, { door: "close" });
  }

  /** Of a client's connection, or of a session's leg. Throws on what nobody could mean. */
  heard({ kind, id, body }: WireMessage): void {
    const connection = this.connections.get(id);
    switch (kind) {
      case KIND.message:
        return void connection?.answered(body);
      case KIND.taken:
        return void connection?.carried.taken(body.readUInt32LE(0));
      case KIND.chunk:
        return void connection?.carried.fromProcess(body);
      case KIND.word:
        return void this.word(id, jsonOf(body) as ClientWord);
      default:
        throw new Error(`a message of kind ${kind}`);
    }
  }

  /** Undefined for what is asked of others. */
  answer(method: string, args: unknown): Promise<unknown> | undefined {
    switch (method) {
      case "signIn":
        return this.signIn(args as { readonly door: number; readonly asking: ClientAsking });
      case "attach":
        return this.attach(args as ProvedSession);
      case "hold":
        return this.hold(args as { readonly connection: number; readonly leg: number });
      case "silent":
        return this.silent((args as { readonly leg: number }).leg);
      default:
        return undefined;
    }
  }

  /** The process is gone: nobody could renew, open or close anything any more. */
  gone(reason: string): void {
    for (const { carried } of [...this.connections.values()]) carried.end(reason);
    for (const { leg } of [...this.legs.values()]) leg.gone(reason);
    this.legs.clear();
  }

  private word(id: number, { secured, held, on, closed, carried }: ClientWord): void {
    const connection = this.connections.get(id);
    if (carried) connection?.carried.told(carried);
    else if (secured) connection?.secure(secured);
    else if (held === false) connection?.carried.go();
    else if (on !== undefined) this.move(id, on);
    else if (closed !== undefined) this.closed(id, wordsOf(closed));
  }

  private async signIn({ door, asking }: { door: number; asking: ClientAsking }) {
    if (this.signedIn.size >= SIGNED_IN_MAX) return null;
    const attaching = await this.doors.get(door)?.signIn(asking);
    if (!attaching) return null;
    const leg = this.next();
    const { policy, mode } = asking.security;
    this.signedIn.set(leg, { attaching, security: { policy, mode } });
    return leg;
  }

  private async attach({ leg: id, peer, token: given }: ProvedSession): Promise<void> {
    const signedIn = this.signedIn.get(id);
    this.signedIn.delete(id);
    if (!signedIn) throw new Error("nobody has signed in under this number");
    const { attaching, security } = signedIn;
    const token = Buffer.from(String(given), "base64").toString("latin1");
    const isKnown = [...this.legs.values()].some((each) => each.token === token);
    if (isKnown || token === "" || token.length > TOKEN_MAX) throw new Error("no token of its own");
    const leg = new OpcuaClientLeg({
      input: () => attaching.input?.(),
      ended: (because) => this.ended(id, because),
    });
    this.legs.set(id, { leg, token, security, connection: undefined });
    try {
      await attaching.attach(leg, wordsOf(peer));
    } catch (error) {
      this.legs.delete(id);
      throw error;
    }
  }

  /** Nothing of it is read until its channel is handed over. */
  private async hold({ connection: id, leg }: { connection: number; leg: number }): Promise<void> {
    const [connection, served] = [this.connections.get(id), this.legs.get(leg)];
    if (!connection || !served) throw new Error("the connection is closed");
    connection.hold(served.security);
  }

  private async silent(id: number): Promise<number> {
    return this.legs.get(id)?.leg.silentMs ?? 0;
  }

  private move(id: number, to: number): void {
    const [served, connection] = [this.legs.get(id), this.connections.get(to)];
    if (!served || !connection?.isSecured || served.leg.isOver) return;
    served.connection?.unbind(served.token);
    served.connection = connection;
    connection.bind(served.token, served.leg);
  }

  private closed(id: number, reason: string): void {
    const served = this.legs.get(id);
    this.legs.delete(id);
    served?.connection?.unbind(served.token);
    served?.leg.gone(reason);
  }

  /** The broker closed it: cut, or its session ended. */
  private ended(id: number, because: string | undefined): void {
    const served = this.legs.get(id);
    this.legs.delete(id);
    this.wire.word(id, { close: because ?? null });
    served?.connection?.unbind(served.token);
    served?.connection?.hangUpIfUnused();
  }
}

interface ClientWord {
  readonly carried?: CarriedWord;
  readonly secured?: Partial<HandedClient>;
  readonly held?: boolean;
  readonly on?: number;
  readonly closed?: unknown;
}
