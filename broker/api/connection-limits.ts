/** Connections before anybody has signed in: bounded for all, for each address, and in what each asks at once. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import { systemClock } from "../clock.ts";
import { AddressPlaces, boundPlaces, plainAddress } from "../legs/address-places.ts";
import { AddressRate } from "../legs/address-rate.ts";
import { turnAway } from "./asked-too-often.ts";

/** People of one site with some tabs each; file descriptors are kept for sessions. */
export const CONNECTIONS_MAX = 1_024;
/** However many one address opens, half remain: others can still come in and cut. */
export const CONNECTIONS_PER_ADDRESS_MAX = CONNECTIONS_MAX / 2;
/** Requests of one connection before the first is answered: browsers and proxies ask one at a time. */
const PIPELINED_MAX = 16;

/** Each connection is there for a request; whoever hurries has some beside those that are in use. */
const CONNECTIONS_PER_REQUEST = 2;

/** What one address may ask. */
export interface Asking {
  readonly perMinute: number;
  /** Told of what was turned away. Absent: only connections are counted, not what they ask. */
  refused?(method: string): void;
}

/** Answers who asks too often. @returns whether it did */
type TurnsAway = (request: IncomingMessage, response: ServerResponse) => boolean;

const turnsAway = new WeakMap<Server, TurnsAway>();
/** Requests that were counted: what answers may have been put around what had a bound already. */
const counted = new WeakSet<IncomingMessage>();

/**
 * Once the server has all that answers requests.
 * @param proxies addresses or networks through which many people come; they have no bound of their own
 */
export function limitConnections(
  server: Server,
  proxies: readonly string[],
  asking?: Asking,
): void {
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", boundPerAddress(proxies, asking));
  if (asking?.refused) turnsAway.set(server, turnsAwayOf(proxies, asking));
  boundPipelining(server);
}

/**
 * Closes a connection that asks on and on without its answers. One piece of 64 KiB holds thousands
 * of requests, each of which would cost a thousand times its length while its answer waits.
 */
export function boundPipelining(server: Server): void {
  const listeners = server.listeners("request") as RequestListener[];
  const unanswered = new WeakMap<Socket, number>();
  const answer: RequestListener = (request, response) => {
    for (const listener of listeners) listener.call(server, request, response);
  };
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (counted.has(request)) return answer(request, response);
    const { socket } = request;
    // What else that piece holds is read by nobody.
    if (socket.destroyed) return;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > PIPELINED_MAX) return void socket.destroy();
    unanswered.set(socket, count);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    counted.add(request);
    if (!turnsAway.get(server)?.(request, response)) answer(request, response);
  });
}

function turnsAwayOf(proxies: readonly string[], { perMinute, refused }: Asking): TurnsAway {
  const [isProxy, rate] = [proxyIn(proxies), new AddressRate(perMinute, systemClock)];
  return (request, response) => {
    const address = addressOf(request.socket);
    const waitMs = isProxy(address) ? 0 : rate.take(address);
    if (waitMs === 0) return false;
    turnAway(request, response, waitMs);
    refused?.(request.method ?? "");
    return true;
  };
}

/**
 * Closes a connection whose address has all of its own, or opens them too often; the same bounds
 * for each that it is given. Before a handshake, which costs more than what is asked.
 */
export function boundPerAddress(
  proxies: readonly string[],
  asking?: Pick<Asking, "perMinute">,
): (socket: Socket) => void {
  const [isProxy, places] = [proxyIn(proxies), new AddressPlaces(CONNECTIONS_PER_ADDRESS_MAX)];
  const rate = asking && new AddressRate(CONNECTIONS_PER_REQUEST * asking.perMinute, systemClock);
  return (socket) => {
    const address = addressOf(socket);
    if (isProxy(address)) return;
    if (rate && rate.take(address) > 0) socket.destroy();
    else boundPlaces(places, socket);
  };
}

function addressOf({ remoteAddress = "" }: Socket): string {
  return plainAddress(remoteAddress);
}

function proxyIn(proxies: readonly string[]): (address: string) => boolean {
  const list = listOf(proxies);
  return (address) => proxies.length > 0 && list.check(address, familyOf(address));
}

function listOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = "", length] = proxy.split("/");
    if (length === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(length), familyOf(address));
  }
  return list;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}
