/** Programs that are known by a token of the settings: what collects metrics, what reports computers. */
import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** A program on this machine, not through a proxy, that knows the token. */
export function isScraper(request: FastifyRequest, token: string): boolean {
  const direct = request.headers["x-forwarded-for"] === undefined;
  return direct && isLoopback(request.socket.remoteAddress ?? "") && knowsToken(request, token);
}

export function knowsToken({ headers }: FastifyRequest, token: string): boolean {
  const given = /^Bearer (\S{1,256})$/.exec(headers.authorization ?? "")?.[1];
  return token !== "" && given !== undefined && sameSecret(given, token);
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  return plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}

function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
