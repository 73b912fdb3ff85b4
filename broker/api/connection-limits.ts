/** Connections before anybody has signed in: bounded for all, for each address, and in what each asks at once. */
import type { RequestListener, Server } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import { AddressPlaces, boundPlaces, plainAddress } from "../legs/address-places.ts";

/** People of one site with some tabs each; file descriptors are kept for sessions. */
export const CONNECTIONS_MAX = 1_024;
/** However many one address opens, half remain: others can still come in and cut. */
export const CONNECTIONS_PER_ADDRESS_MAX = CONNECTIONS_MAX / 2;
/** Requests of one connection before the first is answered: browsers and proxies ask one at a time. */
const PIPELINED_MAX = 16;

/**
 * Once the server has all that answers requests.
 * @param proxies addresses or networks through which many people come; they have no bound of their own
 */
export function limitConnections(server: Server, proxies: readonly string[]): void {
  server.maxConnections = CONNECTIONS_MAX;
  server.on("connection", boundPerAddress(proxies));
  boundPipelining(server);
}

/**
 * Closes a connection that asks on and on without its answers. One piece of 64 KiB holds thousands
 * of requests, each of which would cost a thousand times its length while its answer waits.
 */
export function boundPipelining(server: Server): void {
  const listeners = server.listeners("request") as RequestListener[];
  const unanswered = new WeakMap<Socket, number>();
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const { socket } = request;
    // What else that piece holds is read by nobody.
    if (socket.destroyed) return;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > PIPELINED_MAX) return void socket.destroy();
    unanswered.set(socket, count);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    for (const listener of listeners) listener.call(server, request, response);
  });
}

/** Closes a connection whose address has all of its own; the same bound for each that it is given. */
export function boundPerAddress(proxies: readonly string[]): (socket: Socket) => void {
  const places = new AddressPlaces(CONNECTIONS_PER_ADDRESS_MAX);
  const exempt = listOf(proxies);
  return (socket) => {
    const address = plainAddress(socket.remoteAddress ?? "");
    if (exempt.check(address, familyOf(address))) return;
    boundPlaces(places, socket);
  };
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
