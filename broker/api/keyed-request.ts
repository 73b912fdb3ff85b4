/** Requests of the `sallyport` command: `Authorization: DPoP TOKEN` with `DPoP: PROOF` (RFC 9449). */
import type { IncomingHttpHeaders } from "node:http";
import type { KeyedRequest } from "../identity/key-proof.ts";
import { TOKEN_PREFIX } from "../identity/token-scope.ts";

/** The part of a request that is looked at; also of one that becomes a WebSocket. */
export interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  /** With its query. */
  readonly url: string;
  /** Proxies resolved. */
  readonly ip: string;
}

/** Whoever says so is held to it: no cookie is looked at then. */
export function isKeyed({ headers }: Pick<Asking, "headers">): boolean {
  return headers.dpop !== undefined || /^DPoP /i.test(headers.authorization ?? "");
}

/** Of a program that uses the API for a person, whether it proves a key or not. */
export function apiTokenOf({ headers }: Pick<Asking, "headers">): string | undefined {
  const given = /^(?:Bearer|DPoP) (\S{1,256})$/i.exec(headers.authorization ?? "")?.[1];
  return given?.startsWith(TOKEN_PREFIX) ? given : undefined;
}

/** Undefined where no key is proved at all. */
export function keyedRequest(
  request: Asking,
  origins: readonly string[],
): KeyedRequest | undefined {
  const { headers, method, url, ip: address } = request;
  const origin = originOf(request, origins);
  const { dpop: proof } = headers;
  if (typeof proof !== "string" || origin === undefined) return undefined;
  const token = /^DPoP (\S{1,256})$/.exec(headers.authorization ?? "")?.[1];
  const [path = ""] = url.split("?");
  return { proof, method, url: `${origin}${path}`, address, ...(token !== undefined && { token }) };
}

/** Of the console, by the host that the request names. */
export function originOf(
  { headers }: Pick<Asking, "headers">,
  origins: readonly string[],
): string | undefined {
  return origins.find((origin) => new URL(origin).host === headers.host);
}
