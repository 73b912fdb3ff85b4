/**
 * The cookies. `__Host-` makes browsers refuse them for other hosts, paths or plain http
 * (localhost excepted); `Strict` keeps them out of every request that another site causes.
 */
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { newBrowserId } from "../identity/browser-id.ts";
import { EXPECTED_MS } from "../identity/expected-people.ts";
import type { Browser } from "../identity/identity.ts";

export const SIGN_IN_COOKIE = "__Host-sallyport";
/** Names the browser before anybody is signed in, so that a challenge is for it alone. */
export const BROWSER_COOKIE = "__Host-sallyport-browser";

/** No expiry: they end with the browser, and much earlier on the broker's side. */
const FLAGS: CookieSerializeOptions = {
  path: "/",
  httpOnly: true,
  secure: true,
  sameSite: "strict",
};

export function setSignInCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(SIGN_IN_COOKIE, token, FLAGS);
}

export function clearSignInCookie(reply: FastifyReply): void {
  reply.clearCookie(SIGN_IN_COOKIE, FLAGS);
}

/** Whom an identity provider sent here: worth nothing without that person's passkey. */
export const EXPECTED_COOKIE = "__Host-sallyport-expected";

export function setExpectedCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(EXPECTED_COOKIE, token, { ...FLAGS, maxAge: EXPECTED_MS / 1_000 });
}

export function clearExpectedCookie(reply: FastifyReply): void {
  reply.clearCookie(EXPECTED_COOKIE, FLAGS);
}

/** Of somebody without an account, who looks at a recording by a link. */
export const VISIT_COOKIE = "__Secure-sallyport-shared";

/** Sent to the endpoints of the link alone. */
const VISIT_FLAGS: CookieSerializeOptions = { ...FLAGS, path: "/api/shared" };

export function setVisitCookie(reply: FastifyReply, token: string, forMs: number): void {
  reply.setCookie(VISIT_COOKIE, token, { ...VISIT_FLAGS, maxAge: Math.floor(forMs / 1_000) });
}

export function clearVisitCookie(reply: FastifyReply): void {
  reply.clearCookie(VISIT_COOKIE, VISIT_FLAGS);
}

/** A token or browser id is this much; anything longer was not made here. */
const VALUE_LENGTH_MAX = 200;
/** Shown in the list of one's own sign-ins; longer ones are cut. */
const USER_AGENT_LENGTH_MAX = 300;

export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.cookies[name];
  return value && value.length <= VALUE_LENGTH_MAX ? value : undefined;
}

/** The browser that asks; gives it its id if it has none. */
export function browserOf(request: FastifyRequest, reply: FastifyReply): Browser {
  const token = cookieOf(request, SIGN_IN_COOKIE);
  const expected = cookieOf(request, EXPECTED_COOKIE);
  return {
    id: cookieOf(request, BROWSER_COOKIE) ?? giveBrowserId(reply),
    address: request.ip,
    userAgent: (request.headers["user-agent"] ?? "").slice(0, USER_AGENT_LENGTH_MAX),
    ...(token === undefined ? {} : { token }),
    ...(expected === undefined ? {} : { expected }),
  };
}

function giveBrowserId(reply: FastifyReply): string {
  const id = newBrowserId();
  reply.setCookie(BROWSER_COOKIE, id, FLAGS);
  return id;
}
