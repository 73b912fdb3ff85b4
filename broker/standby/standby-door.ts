/**
 * What a waiting broker answers: that it is alive, and why nobody should be led to it. Nothing
 * else is here: no console, no sign-in, no list of what there is.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { limitConnections } from "../api/connection-limits.ts";
import type { Config } from "../config.ts";
import type { ServedCertificate } from "../tls/served-certificate.ts";

/** All is well with it. */
export const WAITS = "Another broker is active. This one waits to take over.";
export const TAKES_OVER = "This broker is taking over.";

/** A probe is one line and some headers. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 1_000,
  connectionsCheckingInterval: 1_000,
} as const;
/** A load balancer that heeds it asks again then. */
const RETRY_AFTER_S = 2;

/** @param why read at each answer: one sentence for a person */
export async function openStandbyDoor(
  { listen, port, trustedProxies }: Pick<Config, "listen" | "port" | "trustedProxies">,
  certificate: ServedCertificate | undefined,
  why: () => string,
): Promise<() => Promise<void>> {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const isAlive = request.method === "GET" && request.url === "/healthz";
    const body = isAlive ? { state: "alive" } : { code: "standby", message: why() };
    response.writeHead(isAlive ? 200 : 503, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(!isAlive && { "retry-after": String(RETRY_AFTER_S) }),
    });
    response.end(`${JSON.stringify(body)}\n`);
  };
  const server: Server = certificate
    ? createSecureServer({ ...LIMITS, ...certificate.options() }, answer)
    : createServer(LIMITS, answer);
  limitConnections(server, trustedProxies);
  const stopServing = certificate?.serve(server as ReturnType<typeof createSecureServer>);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: listen, port }, resolve);
  });
  return () => {
    stopServing?.();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
}
