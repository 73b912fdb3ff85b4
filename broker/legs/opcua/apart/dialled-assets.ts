/** In the OPC UA process: the sessions at assets that the broker asks for, and then has. */
import type { Credential } from "../../../plant/credential.ts";
import { OpcuaSessions, type SignedIn } from "../asset-session.ts";
import type { OpcuaIdentity } from "../identity.ts";
import { CarriedSocket, type CarriedWord } from "./carried-socket.ts";
import type { PlainTarget } from "./distant-session.ts";
import type { HandedSession } from "./opened-session.ts";
import type { Wire } from "./wire.ts";

export class DialledAssets {
  private readonly wire: Wire;
  private readonly identity: OpcuaIdentity;
  private readonly targets = new Map<number, KnownTarget>();
  /** Connections that the broker holds for this process. */
  private readonly connections = new Map<number, CarriedSocket>();

  constructor(wire: Wire, identity: OpcuaIdentity) {
    this.wire = wire;
    this.identity = identity;
  }

  async open({ id, target }: Opening & { readonly target: PlainTarget }) {
    const { sessions, last } = this.sessionsAt(id, target);
    this.targets.set(id, { sessions, last });
    return this.handOver(await sessions.open(), last());
  }

  async resume({ id }: Opening) {
    const target = this.targets.get(id);
    const resumed = await target?.sessions.resume();
    return target && resumed && this.handOver(resumed, target.last());
  }

  identify({ id, target }: Opening & { readonly target: PlainTarget }) {
    return this.sessionsAt(id, target).sessions.identify();
  }

  chunk(connection: number, bytes: Buffer): void {
    this.connections.get(connection)?.chunk(bytes);
  }

  told(connection: number, word: CarriedWord): void {
    this.connections.get(connection)?.told(word);
  }

  forget(id: number): void {
    this.targets.delete(id);
  }

  /** From here on the broker asks for itself. */
  private async handOver(session: SignedIn, last: CarriedSocket | undefined) {
    try {
      const namespaces = await session.readNamespaces();
      if (!last) throw new Error("the asset closed the connection");
      const { timeoutMs } = session;
      const handed = await session.handOver();
      return { connection: last.id, timeoutMs, namespaces, ...handed } satisfies HandedSession;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private sessionsAt(id: number, target: PlainTarget): KnownTarget {
    let last: CarriedSocket | undefined;
    const sessions = new OpcuaSessions({
      ...target,
      identity: this.identity,
      dial: async () => {
        last = await this.dial(id);
        return { socket: last, taker: last, ending: (why) => last?.ending(why) };
      },
      credential: async () => {
        const given = await this.wire.call("credential", { id });
        return given === null ? undefined : (given as Credential);
      },
      unknownCertificate: (shown) => this.wire.word(id, { unknown: shown }),
    });
    return { sessions, last: () => last };
  }

  /** The broker opens it: this process is told of assets, and reaches none. */
  private async dial(target: number): Promise<CarriedSocket> {
    const id = Number(await this.wire.call("dial", { id: target }));
    const socket = new CarriedSocket(this.wire, id, () => void this.connections.delete(id));
    this.connections.set(id, socket);
    return socket;
  }
}

interface KnownTarget {
  readonly sessions: OpcuaSessions;
  /** The connection that was made last: of the session that was opened last. */
  last(): CarriedSocket | undefined;
}

interface Opening {
  readonly id: number;
}
