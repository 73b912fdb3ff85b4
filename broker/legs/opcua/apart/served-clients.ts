/** In the OPC UA process: the native clients that the broker hands over, each with its leg. */
import type { Socket } from "node:net";
import { LEG_QUEUE_MAX, type Leg } from "../../leg.ts";
import { ClientListener } from "../client-listener.ts";
import type { OpcuaIdentity } from "../identity.ts";
import { NO_SECURITY, SECURE } from "../security.ts";
import { TOLD_EVERY } from "./distant-client-leg.ts";
import { KIND, type Wire } from "./wire.ts";

/** Told beside each socket. */
export interface Handed {
  /** Of this connection, for the word that it is over. */
  readonly connection: number;
  /** Of the door that it came through. */
  readonly door: number;
  readonly url: string;
  /** Paths of assets that are reached without security; true: nobody else comes through here. */
  readonly plain: readonly string[] | true;
}

interface Door {
  readonly listener: ClientListener;
  url: string;
  plain: readonly string[] | true;
}

interface Kept {
  readonly leg: Leg;
  untold: number;
  unread: number;
  paused: boolean;
}

/** Frames that the broker has not taken: then this client is not read. */
const UNREAD_MAX = 1_048_576;

export class ServedClients {
  private readonly wire: Wire;
  private readonly identity: OpcuaIdentity;
  private readonly doors = new Map<number, Door>();
  private readonly legs = new Map<number, Kept>();

  constructor(wire: Wire, identity: OpcuaIdentity) {
    this.wire = wire;
    this.identity = identity;
  }

  serve({ connection, door: id, url, plain }: Handed, socket: Socket): void {
    const door = this.doors.get(id) ?? this.open(id, { url, plain });
    Object.assign(door, { url, plain });
    socket.on("error", () => undefined);
    socket.once("close", () => this.wire.word(connection, { connection: "closed" }));
    door.listener.serve(socket);
  }

  closeDoor(id: number): void {
    this.doors.get(id)?.listener.close();
    this.doors.delete(id);
  }

  close(): void {
    for (const id of [...this.doors.keys()]) this.closeDoor(id);
  }

  /** An answer of the guard. */
  frame(id: number, bytes: Uint8Array): void {
    const kept = this.legs.get(id);
    if (!kept) return;
    kept.leg.write(bytes);
    kept.untold += bytes.length;
    if (kept.untold >= TOLD_EVERY && kept.leg.queued <= LEG_QUEUE_MAX) this.tell(id, kept);
  }

  /** The broker took frames of the client. */
  taken(id: number, bytes: number): void {
    const kept = this.legs.get(id);
    if (!kept) return;
    kept.unread -= bytes;
    if (!kept.paused || kept.unread > UNREAD_MAX / 2) return;
    kept.paused = false;
    kept.leg.resume();
  }

  closeLeg(id: number, because: string | undefined): void {
    const kept = this.legs.get(id);
    this.legs.delete(id);
    kept?.leg.close(because);
  }

  private open(id: number, at: Pick<Door, "url" | "plain">): Door {
    const listener = new ClientListener({
      identity: this.identity,
      security: (path) => {
        const plain = this.doors.get(id)?.plain ?? [];
        return plain === true || plain.includes(path) ? [...SECURE, NO_SECURITY] : SECURE;
      },
      url: () => this.doors.get(id)?.url ?? "",
      signIn: async (asking) => {
        const leg = await this.wire.call("signIn", { door: id, asking });
        if (typeof leg !== "number") return undefined;
        return { attach: (own, peer) => this.attach(leg, own, peer) };
      },
    });
    const door = { listener, ...at };
    this.doors.set(id, door);
    return door;
  }

  private async attach(id: number, leg: Leg, peer: string): Promise<void> {
    const kept: Kept = { leg, untold: 0, unread: 0, paused: false };
    this.legs.set(id, kept);
    leg.start({
      bytes: (bytes) => this.fromClient(id, kept, bytes),
      closed: (reason) => {
        if (this.legs.delete(id)) this.wire.word(id, { closed: reason });
      },
      drained: () => this.tell(id, kept),
      lost: () => undefined,
      withheld: () => undefined,
    });
    try {
      await this.wire.call("attach", { leg: id, peer });
    } catch (error) {
      this.legs.delete(id);
      throw error;
    }
  }

  private fromClient(id: number, kept: Kept, bytes: Uint8Array): void {
    kept.unread += bytes.length;
    this.wire.send(KIND.frame, id, bytes);
    if (kept.paused || kept.unread <= UNREAD_MAX) return;
    kept.paused = true;
    kept.leg.pause();
  }

  private tell(id: number, kept: Kept): void {
    if (kept.untold === 0) return;
    this.wire.number(KIND.taken, id, kept.untold);
    kept.untold = 0;
  }
}
