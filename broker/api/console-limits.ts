/** What a connection to the console may take, at whichever of the site's brokers it comes in. */
import type { IncomingMessage } from "node:http";

export const CONSOLE_LIMITS = {
  /** Cookies and what browsers send are a tenth of this. */
  maxHeaderSize: 16_384,
  headersMax: 64,
  /** A browser sends its headers at once: whoever takes longer holds a connection for nothing. */
  headersTimeout: 5_000,
  /** A form arrives at once too. */
  requestTimeout: 15_000,
  /** A connection on which nothing moves. */
  idleTimeout: 60_000,
  /** Longer than a page's requests are apart, short enough to free what nobody uses. */
  keepAliveTimeout: 10_000,
  /** How often the timeouts above are looked at. */
  connectionsCheckingInterval: 1_000,
} as const;

/** Clients that offer HTTP/2 besides are answered in what they asked in. */
export function becomesWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
