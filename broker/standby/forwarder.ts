/**
 * Requests of people and programs who came to the broker that waits, carried to the active one and
 * back as they come: nothing is kept, nothing is decided here. What changes something is sent once
 * and never again; what only asks is asked again where the active broker was lost on the way, of
 * whichever is active then.
 */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as requestOf,
  ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { plainAddress } from "../legs/address-places.ts";
import { Joined } from "./joined.ts";
import { NotReached, type RoadToActive } from "./road-to-active.ts";

export interface ForwarderParts {
  readonly road: Pick<RoadToActive, "isUp" | "whenUp" | "connect">;
  /** One sentence for a person: why nobody is active. */
  why(): string;
}

/** A connection of somebody who came. */
interface Client {
  readonly agent: Agent;
  /** Questions in the order in which they came; the first is being answered. */
  readonly waiting: (() => void)[];
}

/** As long as a take-over mostly takes, and a browser still waits. */
const HELD_MS = 30_000;
/** Until the end of the lost one has been heard of. */
const AGAIN_MS = 250;
/** Pages of the people of one site that were being opened at that instant. */
const HELD_MAX = 256;
/** Questions of one connection before the first is answered: browsers ask one at a time. */
const PIPELINED_MAX = 16;
/** After the first try; each is of another active broker. */
const TRIES_MAX = 3;
/** A load balancer that heeds it asks again then. */
const RETRY_AFTER_S = 2;

export const LOST_CODE = "active-lost";
const LOST =
  "The active broker was lost before it answered. What was asked may have been done: look before you ask again.";

/** Of one connection, not of what it carries (RFC 9110, 7.6.1); `expect` was answered here. */
const OF_ONE_CONNECTION = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"],
  ...["te", "trailer", "upgrade", "expect"],
]);
/** Sent without a length, these would be sent on as with a body of which nobody knows how long. */
const WITH_BODY = new Set(["POST", "PUT", "PATCH"]);

export class Forwarder {
  private readonly parts: ForwarderParts;
  private readonly clients = new WeakMap<Socket, Client>();
  private readonly joined = new Joined();
  private held = 0;

  constructor(parts: ForwarderParts) {
    this.parts = parts;
  }

  /** Requests that wait for the next active broker. */
  get heldCount(): number {
    return this.held;
  }

  forward(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const client = this.clientOf(socket);
    if (client.waiting.length >= PIPELINED_MAX) {
      socket.destroy();
      return;
    }
    const next = () => {
      // Whoever asked is gone, and nothing would tell when to stop.
      if (socket.destroyed) return;
      response.once("close", () => {
        client.waiting.shift();
        client.waiting[0]?.();
      });
      this.send(request, response, TRIES_MAX);
    };
    if (client.waiting.push(next) === 1) next();
  }

  /** The same for one that becomes a WebSocket: afterwards it is bytes. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => {});
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket);
    } catch {
      // An answer to what was asked before is not out yet: no browser asks so.
      socket.destroy();
      return;
    }
    // Whoever does not close its end keeps none of ours.
    response.once("finish", () => socket.end(() => socket.destroy()));
    // It is no request of the server's any more: it ends with those that are joined.
    this.joined.add(socket);
    const headers = [...kept(request), ...["Connection", "Upgrade", "Upgrade", "websocket"]];
    const outgoing = this.open(request, response, headers);
    if (!outgoing) return;
    socket.once("close", () => outgoing.destroy());
    outgoing.on("error", (error) => this.failed(error, response));
    outgoing.on("response", (incoming) => relay(incoming, response));
    outgoing.on("upgrade", (incoming, peer, peerHead) => {
      response.detachSocket(socket);
      socket.setTimeout(0);
      socket.write(headOf(incoming));
      socket.write(peerHead);
      peer.write(head);
      this.joined.join(socket, peer);
    });
    outgoing.end();
  }

  /** Those that are no requests any more. */
  cut(): void {
    this.joined.cut();
  }

  private send(request: IncomingMessage, response: ServerResponse, tries: number): void {
    const outgoing = this.open(request, response, headersOf(request));
    if (!outgoing) return;
    const gone = () => void outgoing.destroy();
    response.once("close", gone);
    let isAnswered = false;
    outgoing.on("response", (incoming) => {
      isAnswered = true;
      relay(incoming, response);
    });
    outgoing.on("error", (error) => {
      response.off("close", gone);
      request.unpipe(outgoing);
      request.resume();
      // An answer that breaks off says so itself; one to a body that it did not want is whole.
      if (isAnswered || response.destroyed) return;
      if (isRepeatable(request) && tries > 0) this.hold(request, response, tries - 1);
      else if (isRepeatable(request)) this.refuseStandby(response);
      else this.failed(error, response);
    });
    if (hasBody(request)) request.pipe(outgoing);
    else outgoing.end();
  }

  private hold(request: IncomingMessage, response: ServerResponse, tries: number): void {
    this.held += 1;
    const next = () => this.parts.road.whenUp(HELD_MS);
    const waits = this.held > HELD_MAX ? Promise.resolve(false) : pause(AGAIN_MS).then(next);
    void waits.then((isUp) => {
      this.held -= 1;
      if (response.destroyed) return;
      // Another broker may listen at this address by then.
      response.shouldKeepAlive = false;
      if (isUp) this.send(request, response, tries);
      else this.refuseStandby(response);
    });
  }

  private failed(error: Error, response: ServerResponse): void {
    if (response.headersSent || response.destroyed) response.destroy();
    else if (error instanceof NotReached) this.refuseStandby(response);
    else refuse(response, 502, LOST_CODE, LOST);
  }

  private refuseStandby(response: ServerResponse): void {
    refuse(response, 503, "standby", this.parts.why());
  }

  /** Undefined where it was answered here. */
  private open(
    request: IncomingMessage,
    response: ServerResponse,
    headers: string[],
  ): ClientRequest | undefined {
    const { method, url: path, socket } = request;
    const { agent } = this.clientOf(socket);
    if (!this.parts.road.isUp) {
      this.refuseStandby(response);
      return undefined;
    }
    try {
      return requestOf({ agent, method, path, headers, setHost: false });
    } catch {
      // What our parser let in cannot be said again: no browser says it.
      refuse(response, 400, "unreadable", "This request is not understood.");
      return undefined;
    }
  }

  /** One connection there for the one here, for as long as this lasts. */
  private clientOf(socket: Socket): Client {
    const before = this.clients.get(socket);
    if (before) return before;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { remoteAddress = "::", remotePort: port = 0 } = socket;
    const from = { address: plainAddress(remoteAddress), port };
    agent.createConnection = (_, done) => {
      this.parts.road.connect("console", from).then(
        (peer) => {
          // Nobody would ever end it: the agent was closed before it had it.
          if (socket.destroyed) peer.destroy();
          done?.(null, peer);
        },
        (error: Error) => done?.(error, undefined as never),
      );
      return undefined;
    };
    const client = { agent, waiting: [] };
    this.clients.set(socket, client);
    socket.once("close", () => agent.destroy());
    return client;
  }
}

/** Asks, changes nothing, and says nothing that would have to be said again. */
function isRepeatable(request: IncomingMessage): boolean {
  const { method } = request;
  return (method === "GET" || method === "HEAD") && !hasBody(request);
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function headersOf(request: IncomingMessage): string[] {
  const { method = "", headers } = request;
  const isOpen = headers["content-length"] === undefined && !hasBody(request);
  return [...kept(request), ...(isOpen && WITH_BODY.has(method) ? ["Content-Length", "0"] : [])];
}

/**
 * In pairs, as they came, without those that are of one connection. What `Connection` names besides
 * stays: the active broker hears what it would hear without this one between, and nobody who comes
 * through a proxy takes away by it what that has added.
 */
function kept({ rawHeaders }: IncomingMessage, besides?: string): string[] {
  const pairs: string[] = [];
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    const [name = "", value = ""] = rawHeaders.slice(n, n + 2);
    const plain = name.toLowerCase();
    if (!OF_ONE_CONNECTION.has(plain) && plain !== besides) pairs.push(name, value);
  }
  return pairs;
}

function relay(incoming: IncomingMessage, response: ServerResponse): void {
  const { statusCode = 502, statusMessage } = incoming;
  if (incoming.headers.connection === "close") response.shouldKeepAlive = false;
  // A body without a length is cut anew, as whoever asked understands it.
  response.writeHead(statusCode, statusMessage, kept(incoming, "transfer-encoding"));
  pipeline(incoming, response, (error) => {
    if (error) response.destroy();
  });
}

function headOf({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    lines.push(`${rawHeaders[n]}: ${rawHeaders[n + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** In the words of the API. What was not read of the request is not waited for. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, boolean>> = {},
): void {
  if (response.headersSent) return void response.destroy();
  response.shouldKeepAlive = false;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 503 && { "retry-after": String(RETRY_AFTER_S) }),
  });
  response.end(`${JSON.stringify({ code, message, ...more })}\n`);
}
