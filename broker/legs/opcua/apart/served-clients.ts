/**
 * In the OPC UA process: the native clients whose connections the broker carries. Each is met here
 * first; once somebody has shown a ticket, the broker has the channel, and what it does not answer
 * by itself comes here as messages.
 */
import { encodeNodeId } from "node-opcua-basic-types";
import { BinaryStream } from "node-opcua-binary-stream";
import type { NodeId } from "node-opcua-nodeid";
import type { ClientAsking } from "../client-asking.ts";
import type { ClientChannel } from "../client-channel.ts";
import { ClientListener } from "../client-listener.ts";
import type { ProvedLeg } from "../client-sessions.ts";
import type { HandedClient } from "../handed-client.ts";
import type { OpcuaIdentity } from "../identity.ts";
import { NO_SECURITY, SECURE } from "../security.ts";
import { CarriedSocket, type CarriedWord } from "./carried-socket.ts";
import type { ProvedSession, ServedWord } from "./client-words.ts";
import type { Wire } from "./wire.ts";

/** What the broker says. */
export interface ServedClientWord {
  readonly served?: ServedWord;
  readonly close?: string | null;
  readonly carried?: CarriedWord;
  readonly door?: string;
}

interface Door {
  readonly listener: ClientListener;
  url: string;
  plain: readonly string[] | true;
}

interface Served {
  readonly socket: CarriedSocket;
  readonly channel: ClientChannel;
  handing: Promise<void> | undefined;
}

const NUMBER = 4;
/** Our own are 39 bytes. */
const TOKEN_MAX = 256;
/** A client in the midst of a message is let finish it: some round trips of a bad line. */
const AGAIN_MS = 20;
const TRIES_MAX = 250;

export class ServedClients {
  private readonly wire: Wire;
  private readonly identity: OpcuaIdentity;
  private readonly doors = new Map<number, Door>();
  private readonly served = new Map<number, Served>();
  private readonly legs = new Map<number, ClientLeg>();

  constructor(wire: Wire, identity: OpcuaIdentity) {
    this.wire = wire;
    this.identity = identity;
  }

  /** Connections open now. */
  get size(): number {
    return this.served.size;
  }

  has(id: number): boolean {
    return this.served.has(id);
  }

  /** Of a connection, a session's leg or a door. */
  word(id: number, { served, close, carried, door }: ServedClientWord): void {
    if (served) this.serve(id, served);
    else if (carried) this.served.get(id)?.socket.told(carried);
    else if (close !== undefined) this.closeLeg(id, close ?? undefined);
    else if (door === "close") this.closeDoor(id);
  }

  chunk(id: number, bytes: Buffer): void {
    this.served.get(id)?.socket.chunk(bytes);
  }

  /** Something that the broker does not answer by itself. */
  message(id: number, body: Buffer): void {
    const served = this.served.get(id);
    if (!served || body.length < NUMBER) return;
    served.channel.asked(body.readUInt32LE(0), body.subarray(NUMBER));
    served.socket.took(body.length);
  }

  close(): void {
    for (const id of [...this.doors.keys()]) this.closeDoor(id);
  }

  private closeDoor(id: number): void {
    this.doors.get(id)?.listener.close();
    this.doors.delete(id);
  }

  /** The broker closed the session. */
  private closeLeg(id: number, because: string | undefined): void {
    const leg = this.legs.get(id);
    this.legs.delete(id);
    leg?.closed(because);
  }

  private serve(id: number, { door: doorId, url, plain, address, port }: ServedWord): void {
    const door = this.doors.get(doorId) ?? this.open(doorId, { url, plain });
    Object.assign(door, { url, plain });
    const gone = () => void this.served.delete(id);
    const from = { remoteAddress: address, remotePort: port };
    const socket = new CarriedSocket(this.wire, id, gone, from);
    const channel = door.listener.serve(socket, (requestId, parts) => {
      this.wire.numbered(id, requestId, ...parts);
    });
    this.served.set(id, { socket, channel, handing: undefined });
  }

  private open(id: number, at: Pick<Door, "url" | "plain">): Door {
    const listener = new ClientListener({
      identity: this.identity,
      security: (path) => {
        const plain = this.doors.get(id)?.plain ?? [];
        return plain === true || plain.includes(path) ? [...SECURE, NO_SECURITY] : SECURE;
      },
      url: () => this.doors.get(id)?.url ?? "",
      signIn: (asking) => this.signIn(id, asking),
    });
    const door = { listener, ...at };
    this.doors.set(id, door);
    return door;
  }

  private async signIn(door: number, asking: ClientAsking): Promise<ProvedLeg | undefined> {
    const id = await this.wire.call("signIn", { door, asking });
    if (typeof id !== "number") return undefined;
    const leg = new ClientLeg({
      ...{ id, wire: this.wire },
      over: () => void this.legs.delete(id),
      handOver: (channel, token) => this.handOver(id, channel, token),
    });
    this.legs.set(id, leg);
    return leg;
  }

  /** The connection's number, once the broker has its channel. */
  private async handOver(leg: number, channel: ClientChannel, token: number): Promise<number> {
    const found = [...this.served].find(([, served]) => served.channel === channel);
    if (!found) throw new Error("the connection is closed");
    const [connection, served] = found;
    served.handing ??= this.handOverNow(leg, connection, served, token);
    try {
      await served.handing;
    } catch (error) {
      // The next session on it may have it handed over.
      served.handing = undefined;
      throw error;
    }
    return connection;
  }

  private async handOverNow(
    leg: number,
    connection: number,
    { channel, socket }: Served,
    token: number,
  ): Promise<void> {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      await this.wire.call("hold", { connection, leg });
      // What came before is with the library, and a renewal in it is answered.
      await new Promise((resolve) => setImmediate(resolve));
      const secured = channel.isBetween && handedOver(channel, socket, token);
      if (secured) return this.wire.word(connection, { secured });
      this.wire.word(connection, { held: false });
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    channel.close();
    throw new Error("its message does not end");
  }
}

interface ClientLegParts {
  readonly id: number;
  readonly wire: Wire;
  over(): void;
  handOver(channel: ClientChannel, token: number): Promise<number>;
}

/** A session whose ticket was good: its leg is the broker's. */
class ClientLeg implements ProvedLeg {
  private readonly parts: ClientLegParts;
  private onEnded: (because: string | undefined) => void = () => undefined;
  private over = false;

  constructor(parts: ClientLegParts) {
    this.parts = parts;
  }

  get isOver(): boolean {
    return this.over;
  }

  async attach(peer: string, token: NodeId, ended: (because: string | undefined) => void) {
    this.onEnded = ended;
    const { id: leg, wire } = this.parts;
    try {
      const session: ProvedSession = { leg, peer, token: tokenBytes(token) };
      await wire.call("attach", session);
    } catch (error) {
      this.finish();
      throw error;
    }
  }

  async moveTo(channel: ClientChannel, token: number): Promise<void> {
    const connection = await this.parts.handOver(channel, token);
    if (!this.over) this.parts.wire.word(this.parts.id, { on: connection });
  }

  async silentMs(): Promise<number> {
    return Number(await this.parts.wire.call("silent", { leg: this.parts.id }));
  }

  gone(reason: string): void {
    if (this.over) return;
    this.finish();
    this.parts.wire.word(this.parts.id, { closed: reason });
  }

  closed(because: string | undefined): void {
    if (this.over) return;
    this.finish();
    this.onEnded(because);
  }

  private finish(): void {
    this.over = true;
    this.parts.over();
  }
}

/** Nobody reads what comes over a channel that was half handed over. */
function handedOver(channel: ClientChannel, socket: CarriedSocket, token: number): HandedClient {
  try {
    return channel.handOver(socket, token);
  } catch (error) {
    channel.close();
    throw error;
  }
}

function tokenBytes(token: NodeId): string {
  const stream = new BinaryStream(TOKEN_MAX);
  encodeNodeId(token, stream);
  return stream.buffer.subarray(0, stream.length).toString("base64");
}
