/**
 * What a waiting broker answers: that it is alive, and why nobody should be led to it. Where it is
 * set up to, it leads people on to the active one; of its own it has no console and no sign-in.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { limitConnections } from "../api/connection-limits.ts";
import { becomesWebSocket, CONSOLE_LIMITS } from "../api/console-limits.ts";
import type { Config } from "../config.ts";
import type { ServedCertificate } from "../tls/served-certificate.ts";
import { Forwarder, refuse } from "./forwarder.ts";
import type { RoadToActive } from "./road-to-active.ts";

/** All is well with it. */
export const WAITS = "Another broker is active. This one waits to take over.";
export const TAKES_OVER = "This broker is taking over.";

/** A probe is one line and some headers. */
const PROBE_LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 1_000,
} as const;

/** Shorter than at the active one: a connection is given up here before it is there. */
const FORWARDED_LIMITS = {
  maxHeaderSize: CONSOLE_LIMITS.maxHeaderSize,
  headersTimeout: CONSOLE_LIMITS.headersTimeout,
  requestTimeout: CONSOLE_LIMITS.requestTimeout,
  keepAliveTimeout: CONSOLE_LIMITS.keepAliveTimeout - 2_000,
  connectionsCheckingInterval: CONSOLE_LIMITS.connectionsCheckingInterval,
  shouldUpgradeCallback: becomesWebSocket,
};

/** Of each broker itself, and never of the one that it leads to. */
const OWN = new Set(["/readyz", "/readyz/any", "/metrics"]);

export interface StandbyDoorParts
  extends Pick<Config, "listen" | "port" | "trustedProxies" | "requestsPerMinute"> {
  readonly certificate: ServedCertificate | undefined;
  /** Undefined: nobody is led on. */
  readonly road: RoadToActive | undefined;
  /** Read at each answer: one sentence for a person. */
  why(): string;
}

export class StandbyDoor {
  private readonly server: Server;
  private readonly forwarder: Forwarder | undefined;
  private readonly certificate: ServedCertificate | undefined;
  private readonly stopServing: (() => void) | undefined;

  private constructor(parts: StandbyDoorParts) {
    const { certificate, road, trustedProxies, requestsPerMinute: perMinute, why } = parts;
    const forwarder = road && new Forwarder({ road, why });
    this.forwarder = forwarder;
    this.certificate = certificate;
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      const [path = ""] = (request.url ?? "").split("?");
      if (request.method === "GET" && path === "/healthz") return tell(response, "alive");
      if (path === "/readyz/any" && road?.isUp) return tell(response, "forwards");
      if (forwarder && !OWN.has(path)) forwarder.forward(request, response);
      else refuse(response, 503, "standby", why(), road && { forwards: road.isUp });
    };
    const limits = road ? FORWARDED_LIMITS : PROBE_LIMITS;
    this.server = certificate
      ? createSecureServer({ ...limits, ...certificate.options() }, answer)
      : createServer(limits, answer);
    if (forwarder) {
      this.server.timeout = CONSOLE_LIMITS.idleTimeout;
      this.server.maxHeadersCount = CONSOLE_LIMITS.headersMax;
      this.server.on("upgrade", (request, socket, head) => {
        forwarder.upgrade(request, socket as Socket, head);
      });
    }
    // What is led on the active one counts, by the same address.
    limitConnections(this.server, trustedProxies, { perMinute });
    this.stopServing = certificate?.serve(this.server as ReturnType<typeof createSecureServer>);
  }

  /** Rejects where the port is taken. */
  static async open(parts: StandbyDoorParts): Promise<StandbyDoor> {
    const door = new StandbyDoor(parts);
    await new Promise<void>((resolve, reject) => {
      door.server.once("error", reject);
      door.server.listen({ host: parts.listen, port: parts.port }, resolve);
    });
    return door;
  }

  /** Some request waits for the next active broker. */
  get isAsked(): boolean {
    return (this.forwarder?.heldCount ?? 0) > 0;
  }

  /**
   * Leaves the port to this broker's own console. Requests that wait for an active broker go on
   * waiting; all others are over.
   */
  leave(): void {
    this.stopServing?.();
    this.certificate?.close();
    this.server.close();
    this.forwarder?.cut();
    if (this.isAsked) this.server.closeIdleConnections();
    else this.server.closeAllConnections();
  }

  close(): Promise<void> {
    this.leave();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

function tell(response: ServerResponse, state: string): void {
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(`${JSON.stringify({ state })}\n`);
}
