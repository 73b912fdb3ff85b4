/**
 * The way from a broker that waits to the active one, in this process: the real doors of both, with
 * a console behind that says what it was asked and from where.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { limitConnections } from "../../broker/api/connection-limits.ts";
import { dialPeer } from "../../broker/legs/peer-dialer.ts";
import { sealPlace } from "../../broker/standby/active-place.ts";
import { makePeerCertificate } from "../../broker/standby/peer-certificate.ts";
import { PeerKey } from "../../broker/standby/peer-key.ts";
import { PeerListener, type PeerListenerParts } from "../../broker/standby/peer-listener.ts";
import { RoadToActive } from "../../broker/standby/road-to-active.ts";
import { StandbyDoor } from "../../broker/standby/standby-door.ts";
import { prepareDataFolder } from "../../broker/store/data-folder.ts";
import { freePorts } from "./free-ports.ts";
import { temporaryFolder } from "./temporary.ts";

const UP_WITHIN_MS = 60_000;

/** What the console of the active broker saw. */
export interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly address: string | undefined;
  readonly headers: IncomingMessage["headers"];
}

export type Console = (request: IncomingMessage, response: ServerResponse) => void;

/** One that is active: its console and the listener for those that wait. */
export class ActiveBroker {
  readonly seen: Seen[] = [];
  readonly strangers: string[] = [];
  readonly listener: PeerListener;
  readonly console: Server;
  /** As it is published. */
  readonly sealed: string;

  private constructor(parts: Pick<ActiveBroker, "listener" | "console" | "sealed">) {
    this.listener = parts.listener;
    this.console = parts.console;
    this.sealed = parts.sealed;
  }

  static async start(
    key: PeerKey,
    answer: Console,
    tools: PeerListenerParts["doors"] = {},
  ): Promise<ActiveBroker> {
    const console = createServer({ keepAliveTimeout: 10_000 }, (request, response) => {
      broker.saw(request);
      answer(request, response);
    });
    limitConnections(console, []);
    const identity = await makePeerCertificate();
    const place = { host: "127.0.0.1", port: await freePorts(1) };
    const listener = await PeerListener.open({
      ...{ ...place, ...identity, key },
      doors: { console: (socket) => void console.emit("connection", socket), ...tools },
      stranger: (_, why) => broker.strangers.push(why),
    });
    const sealed = sealPlace({ ...place, certificate: identity.certificate }, key);
    const broker = new ActiveBroker({ listener, console, sealed });
    onTestFinished(() => broker.die());
    return broker;
  }

  saw(request: IncomingMessage): void {
    const { method, url, headers, socket } = request;
    this.seen.push({ method, url, headers, address: socket.remoteAddress });
  }

  /** As its process's end does. */
  die(): void {
    this.listener.close();
    this.console.closeAllConnections();
  }
}

/** One that waits. */
export class WaitingDoor {
  readonly port: number;
  readonly road: RoadToActive;
  readonly said: string[];
  readonly door: StandbyDoor;

  private constructor(parts: Pick<WaitingDoor, "port" | "road" | "said" | "door">) {
    this.port = parts.port;
    this.road = parts.road;
    this.said = parts.said;
    this.door = parts.door;
  }

  static async open(
    key: PeerKey | undefined,
    { networks = [], trustedProxies = [] }: Partial<Record<string, readonly string[]>> = {},
  ): Promise<WaitingDoor> {
    const said: string[] = [];
    const road = new RoadToActive({
      name: "broker-b",
      dial: (place) => dialPeer({ plant: () => [], networks }, place),
      key: () => key,
      say: (line) => said.push(line),
    });
    const port = await freePorts(1);
    const door = await StandbyDoor.open({
      ...{ listen: "127.0.0.1", port, trustedProxies: [...trustedProxies] },
      requestsPerMinute: 100_000,
      ...{ certificate: undefined, road, why: () => "It waits." },
    });
    onTestFinished(async () => {
      road.close();
      await door.close();
    });
    return new WaitingDoor({ port, road, said, door });
  }

  /** Resolves once it forwards to what was published. */
  async follow(active: ActiveBroker): Promise<void> {
    this.road.follow(active.sealed);
    if (!(await this.road.whenUp(UP_WITHIN_MS))) throw new Error(`not up: ${this.said.join()}`);
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

export function peerKey(): PeerKey {
  return PeerKey.open(prepareDataFolder(temporaryFolder()));
}

/** Says back what it was asked, with what came. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) length += part.length;
  response.setHeader("x-console", "active");
  response.end(JSON.stringify({ method: request.method, url: request.url, length }));
}

/** A port at which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
