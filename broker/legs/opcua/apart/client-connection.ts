/**
 * In the broker: one connection of a native client. Once its secure channel is handed over, what
 * is asked in a session goes to that session's leg and is answered from there; what opens and ends
 * sessions, and what is no session's, is the OPC UA process's to answer.
 */
import type { Duplex } from "node:stream";
import type { AnsweringChannel, OpcuaClientLeg } from "../client-leg.ts";
import type { HandedClient } from "../handed-client.ts";
import { faultBody, handleIn } from "../own-answers.ts";
import { typeHead } from "../own-requests.ts";
import { type RequestHeaderPlaces, requestHeaderOf, typeIdOf } from "../request-header.ts";
import type { ChannelSecurity } from "../security.ts";
import { SERVICE, STATUS } from "../services.ts";
import { CarriedConnection } from "./carried-connection.ts";
import { SecuredChannel } from "./secured-channel.ts";
import type { Wire } from "./wire.ts";

export interface ClientConnectionParts {
  readonly id: number;
  readonly wire: Wire;
  /** Paused; nothing read. */
  readonly socket: Duplex;
  /** Called once. */
  closed(): void;
}

/** Of the process, at a time: a client opens one session after the other. */
const ASKED_MAX = 64;
/** Tokens beside the one in use: of renewals that have just been. */
const LATER_MAX = 3;
const NUMBER = 4;

/** Services that no session's leg sees. */
const NOT_OF_A_SESSION: ReadonlySet<number> = new Set([
  ...[SERVICE.findServers, SERVICE.getEndpoints, SERVICE.findServersOnNetwork],
  ...[SERVICE.registerServer, SERVICE.registerServer2],
  ...[SERVICE.openSecureChannel, SERVICE.closeSecureChannel],
  ...[SERVICE.createSession, SERVICE.activateSession, SERVICE.closeSession],
]);

export class ClientConnection implements AnsweringChannel {
  readonly carried: CarriedConnection;
  private readonly legs = new Map<string, OpcuaClientLeg>();
  private readonly paused = new Set<OpcuaClientLeg>();
  /** Requests that the process has still to answer; it answers no others. */
  private readonly asked = new Set<number>();
  private channel: SecuredChannel | undefined;
  private security: ChannelSecurity | undefined;

  constructor({ id, wire, socket, closed }: ClientConnectionParts) {
    this.carried = new CarriedConnection({ ...{ id, wire, socket, closed }, peer: "client" });
  }

  get isSecured(): boolean {
    return this.channel !== undefined && !this.carried.isOver;
  }

  get queued(): number {
    return this.carried.queued;
  }

  /** @param security what the sign-in was told that this channel has */
  hold(security: ChannelSecurity): void {
    if (this.channel) throw new Error("the channel is handed over already");
    this.security = security;
    this.carried.stop();
  }

  /** Its messages are sealed and opened here from now on. */
  secure({ channel: handed, later, pending }: Partial<HandedClient>): void {
    const { carried, security } = this;
    if (this.channel || !security || carried.isOver) {
      return void carried.end("the OPC UA process handed over what it was not asked for");
    }
    const channel = SecuredChannel.of(handed, security, "server", {
      out: (chunks) => carried.write(chunks),
      broke: (reason, status) => carried.broke(reason, status),
      over: (reason) => carried.end(`the client is gone: ${reason}`),
      sink: {
        message: (requestId, body) => this.message(requestId, body),
        aborted: () => undefined,
        unsent: (requestId, reason, parts) => this.unsent(requestId, reason, parts),
      },
    });
    if (typeof channel === "string") return void carried.end(channel);
    this.channel = channel;
    for (const each of listOf(pending, ASKED_MAX)) this.asked.add(Number(each));
    for (const each of listOf(later, LATER_MAX)) {
      const fault = channel.renewed(each);
      if (fault !== undefined) return void carried.end(fault);
    }
    carried.secure(channel, {
      ended: () => this.drained(),
      drained: () => this.drained(),
    });
  }

  /** Requests with this token are that leg's. */
  bind(token: string, leg: OpcuaClientLeg): void {
    this.legs.set(token, leg);
    leg.moveTo(this);
  }

  unbind(token: string): void {
    this.legs.delete(token);
  }

  /** No session is left: nothing more passes here. */
  hangUpIfUnused(): void {
    if (this.isSecured && this.legs.size === 0) this.carried.farewell();
  }

  answer(requestId: number, typeId: number, body: Uint8Array): void {
    this.channel?.send(requestId, [typeHead(typeId), body]);
  }

  /** Of the process: number of the request, then the message. */
  answered(message: Buffer): void {
    if (message.length <= NUMBER) return;
    if (this.asked.delete(message.readUInt32LE(0))) {
      this.channel?.send(message.readUInt32LE(0), [message.subarray(NUMBER)]);
    }
  }

  pause(leg: OpcuaClientLeg): void {
    this.paused.add(leg);
    this.carried.pause();
  }

  resume(leg: OpcuaClientLeg): void {
    if (this.paused.delete(leg) && this.paused.size === 0) this.carried.resume();
  }

  private message(requestId: number, message: Buffer): void {
    const type = typeIdOf(message);
    const body = type && message.subarray(type.end);
    const header = body && requestHeaderOf(body);
    const leg = type && header && this.legOf(type.typeId, body, header);
    if (!leg) return void this.forward(requestId, message, header?.requestHandle ?? 0);
    // A number that is used again is this one's from now on.
    this.asked.delete(requestId);
    leg.request(this, { requestId, typeId: type.typeId, body, header });
  }

  private legOf(
    typeId: number,
    body: Buffer,
    { tokenEnd }: RequestHeaderPlaces,
  ): OpcuaClientLeg | undefined {
    if (typeId === 0 || NOT_OF_A_SESSION.has(typeId)) return undefined;
    return this.legs.get(body.toString("latin1", 0, tokenEnd));
  }

  private forward(requestId: number, message: Buffer, handle: number): void {
    if (this.asked.size >= ASKED_MAX) {
      const fault = faultBody(handle, STATUS.badTooManyOperations);
      return void this.answer(requestId, SERVICE.serviceFault, fault);
    }
    this.asked.add(requestId);
    this.carried.ask(requestId, message);
  }

  /** More than the client takes; or more waits than can, while its channel is renewed. */
  private unsent(requestId: number, reason: string, parts: readonly Uint8Array[]): void {
    if (this.channel?.isLending) return void this.carried.broke(reason);
    const [, body] = parts;
    const handle = handleIn(body ?? new Uint8Array(0));
    const fault = faultBody(handle, STATUS.badResponseTooLarge, reason);
    // A client that takes not even this much has asked for nothing.
    if (parts[0] !== FAULT) this.channel?.send(requestId, [FAULT, fault]);
  }

  private drained(): void {
    for (const leg of this.legs.values()) leg.drained();
  }
}

const FAULT = typeHead(SERVICE.serviceFault);

function listOf(given: unknown, most: number): readonly unknown[] {
  return Array.isArray(given) ? given.slice(0, most) : [];
}
