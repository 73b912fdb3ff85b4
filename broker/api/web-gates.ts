/**
 * What every request must pass before a route sees it: it names a host of ours, comes from a
 * page of ours, and not too often.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { askedTooOften } from "./asked-too-often.ts";
import { apiTokenOf } from "./keyed-request.ts";
import { ApiRefused } from "./problem.ts";
import { hstsHeader } from "./security-headers.ts";

export interface GateSettings {
  /** Exact origins, for example `https://sallyport.example`. */
  readonly origins: readonly string[];
  readonly requestsPerMinute: number;
}

/** Asked by load balancers and scrapers by address: they say nothing about people or the plant. */
const ANY_HOST = new Set(["/healthz", "/readyz", "/readyz/any", "/metrics"]);

/** Asked by systems that know no page of ours, with a token and never by a cookie. */
const PROGRAMS = new Set(["/api/posture-reports", "/api/signals"]);
const PROVIDER = "/api/scim/v2/";
/** Asked with a token in the body, which proves itself; what a browser adds by itself is refused. */
export const LOGOUT = "/api/back-channel-logout/";

/**
 * Knocking on the door (enrolment, sign-in, a link to a recording) is allowed this much more seldom than the rest:
 * one person signs in with two requests.
 */
const KNOCKS_DIVISOR = 30;

const DOOR =
  /^\/api\/(enrolment|sign-in|shared\/open|device\/authorization|workloads\/token)(\/|$)/;

const MINUTE_MS = 60_000;

export function addGates(app: FastifyInstance, settings: GateSettings): void {
  const hosts = new Map(settings.origins.map((origin) => [new URL(origin).host, origin]));
  const requests = rateOf(app, settings.requestsPerMinute);
  const knocks = rateOf(app, Math.ceil(settings.requestsPerMinute / KNOCKS_DIVISOR));
  app.addHook("onRequest", async (request, reply) => {
    await requests(request);
    const path = pathOf(request);
    const origin = hosts.get(onlyHost(request.raw) ?? "");
    if (!origin && !ANY_HOST.has(path)) throw wrongHost(settings.origins);
    if (origin?.startsWith("https:")) reply.header(...hstsHeader);
    if (isKnock(request, path)) await knocks(request);
    const forPrograms = PROGRAMS.has(path) || path.startsWith(PROVIDER);
    if (forPrograms && isProgram(request.headers)) return;
    if (path.startsWith(LOGOUT) && isFromNoBrowser(request.headers)) return;
    if (!isFromOurPages(request.method, request.headers, origin)) throw foreignOrigin();
  });
}

/**
 * Undefined of two as of none: Node takes the first, and a proxy in front may have taken the other
 * (RFC 9112, section 3.2).
 */
function onlyHost({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const named = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  return named.length > 1 ? undefined : headers.host;
}

/** Shows a token, which no page can be made to send, and nothing that a browser adds by itself. */
function isProgram(headers: IncomingHttpHeaders): boolean {
  return headers.authorization !== undefined && isFromNoBrowser(headers);
}

function isFromNoBrowser({ cookie, origin, ...others }: IncomingHttpHeaders): boolean {
  const byBrowser = [cookie, origin, others["sec-fetch-site"]];
  return byBrowser.every((header) => header === undefined);
}

/** The path as it was sent, without its query. */
export function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf("?");
  return end < 0 ? request.url : request.url.slice(0, end);
}

/** By the route that was found too: a path can be written in many ways that lead there. */
function isKnock({ method, routeOptions }: FastifyRequest, path: string): boolean {
  return method === "POST" && [path, routeOptions.url ?? ""].some((each) => DOOR.test(each));
}

/**
 * Whether a page of ours, and no other, caused the request. What changes something must say so
 * by `Origin`; browsers that send `Sec-Fetch-Site` are held to it for the API's reads too.
 */
export function isFromOurPages(
  method: string,
  headers: IncomingHttpHeaders,
  ownOrigin: string | undefined,
): boolean {
  const site = headers["sec-fetch-site"];
  const reading = method === "GET" || method === "HEAD";
  // No page of another site can send this header, and no cookie counts beside it.
  if (apiTokenOf({ headers }) !== undefined && headers.origin === undefined && !site) return true;
  if (!reading) {
    if (ownOrigin === undefined || headers.origin !== ownOrigin) return false;
    return site === undefined || site === "same-origin";
  }
  const navigating = headers["sec-fetch-mode"] === "navigate";
  return site === undefined || site === "same-origin" || site === "none" || navigating;
}

function wrongHost(origins: readonly string[]): ApiRefused {
  return new ApiRefused(
    421,
    "forbidden-host",
    `Open the console at ${origins[0]}. No other name of this machine works.`,
  );
}

function foreignOrigin(): ApiRefused {
  return new ApiRefused(
    403,
    "forbidden-origin",
    "This request came from another site and was refused. Use the console's own pages.",
  );
}

/** Refuses who asks more often than this in a minute; by address (IPv6: by network) unless told. */
export function rateOf(
  app: FastifyInstance,
  perMinute: number,
  keyOf?: (request: FastifyRequest) => string,
): (request: FastifyRequest) => Promise<void> {
  const take = app.createRateLimit({
    max: perMinute,
    timeWindow: MINUTE_MS,
    ...(keyOf ? { keyGenerator: keyOf } : {}),
  });
  return async (request) => {
    const taken = await take(request);
    if (taken.isAllowed || !taken.isExceeded) return;
    throw askedTooOften(taken.ttl);
  };
}
