/**
 * Who may open a socket: a page of ours whose browser is signed in. Browsers let any site open a
 * WebSocket anywhere, so the `Origin` is the only thing that tells.
 */
import type { IncomingMessage } from "node:http";
import type { SignedIn, SignIns } from "../../identity/identity.ts";
import { SIGN_IN_COOKIE } from "../sign-in-cookie.ts";

export interface Handshake {
  readonly origins: readonly string[];
  readonly signIns: Pick<SignIns, "authenticate">;
  /** Splits a cookie header; the same function as for requests. */
  parseCookies(header: string): Record<string, string | undefined>;
}

/** Undefined: refuse, without saying what was wrong. */
export function admitSocket(request: IncomingMessage, handshake: Handshake): SignedIn | undefined {
  const { host, origin, cookie } = request.headers;
  if (origin === undefined || !handshake.origins.includes(origin)) return undefined;
  if (new URL(origin).host !== host) return undefined;
  const token = handshake.parseCookies(cookie ?? "")[SIGN_IN_COOKIE];
  // A socket comes back by itself: that is nothing a person did.
  return token === undefined ? undefined : handshake.signIns.authenticate(token, false);
}
