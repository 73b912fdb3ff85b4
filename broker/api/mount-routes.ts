/**
 * Puts the table of routes on the server. Who may call is decided before a body is read; a route
 * that is not in the table stops the start.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Decisions } from "../access/decision-point.ts";
import { systemClock } from "../clock.ts";
import type { ApiTokens } from "../identity/api-tokens.ts";
import type { Devices } from "../identity/devices.ts";
import type { SignedIn, SignIns } from "../identity/identity.ts";
import type { MachineSignIns } from "../identity/machine-sign-ins.ts";
import type { TokenScope } from "../identity/token-scope.ts";
import type { Right } from "../policy/rights.ts";
import {
  Answered,
  type Call,
  Download,
  type Endpoint,
  type PublicCall,
  type PublicEndpoint,
} from "./endpoint.ts";
import {
  checkDevice,
  type DeviceGate,
  deviceShown,
  FROM_DEVICE,
  type UnknownDevices,
} from "./from-device.ts";
import { apiTokenOf, isKeyed, keyedRequest, originOf } from "./keyed-request.ts";
import { isScraper, knowsToken } from "./known-programs.ts";
import { ApiRefused, notFound, signedOut } from "./problem.ts";
import { Repeats } from "./repeats.ts";
import { rightsAt } from "./rights-at.ts";
import { type Route, routeName } from "./route.ts";
import { RunningDownloads } from "./running-downloads.ts";
import {
  browserOf,
  clearExpectedCookie,
  clearSignInCookie,
  clearVisitCookie,
  cookieOf,
  SIGN_IN_COOKIE,
  setExpectedCookie,
  setSignInCookie,
  setVisitCookie,
  VISIT_COOKIE,
} from "./sign-in-cookie.ts";
import { rateOf } from "./web-gates.ts";
import { sendWritten, WrittenJson } from "./written-json.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set once a guarded route has admitted the request. */
    me: SignedIn | null;
  }
}

export interface MountSettings {
  readonly requestsPerMinute: number;
  /** Empty: no scraper may read the metrics. */
  readonly metricsToken: string;
  /** Empty: nobody may report how computers are. */
  readonly postureToken: string;
  readonly origins: readonly string[];
  readonly unknownDevices: UnknownDevices;
}

/** Who people are, and what they may do. */
export interface Gatekeepers {
  readonly signIns: Pick<SignIns, "authenticate" | "get" | "onEnded">;
  readonly machines: Pick<MachineSignIns, "authenticate">;
  readonly tokens: Pick<ApiTokens, "authenticate" | "asOfNow">;
  readonly decisions: Decisions;
  readonly devices: Pick<Devices, "checkRequest" | "counting">;
}

/** Whose request this is. @throws ApiRefused `signed-out` */
export type Authenticate = (request: FastifyRequest) => SignedIn;

/** Of one API token: a program that asks every second for five lists, with room to spare. */
const TOKEN_REQUESTS_PER_MINUTE = 600;

/** Sent by the console when no person caused the request, so that polling does not keep idle away. */
export const BACKGROUND_HEADER = "sallyport-background";

export function mountRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  { signIns, machines, tokens, decisions, devices }: Gatekeepers,
  settings: MountSettings,
): Authenticate {
  refuseOtherRoutes(app, routes);
  app.decorateRequest("me", null);
  const authenticate: Authenticate = (request) => {
    const token = cookieOf(request, SIGN_IN_COOKIE);
    const seen = request.headers[BACKGROUND_HEADER] === undefined;
    const me = token === undefined ? undefined : signIns.authenticate(token, seen);
    if (!me) throw signedOut();
    return me;
  };
  const repeats = new Repeats(systemClock);
  const downloads = new RunningDownloads({ signIns, tokens, decisions, clock: systemClock });
  const perPerson = rateOf(app, settings.requestsPerMinute, (r) => r.me?.person.id ?? r.ip);
  const perToken = rateOf(app, TOKEN_REQUESTS_PER_MINUTE, (r) => r.me?.signIn.id ?? r.ip);
  const whoAsks = (request: FastifyRequest) => {
    if (apiTokenOf(request) !== undefined) return programOf(request, tokens, settings.origins);
    return isKeyed(request)
      ? commandOf(request, machines, settings.origins)
      : authenticate(request);
  };
  const checkRight = (me: SignedIn, rights: readonly Right[]) => {
    if (rights.length > 0 && !rights.some((right) => decisions.may(me, right))) throw notFound();
  };
  const admit = async (request: FastifyRequest, rights: readonly Right[], reach: Reach = {}) => {
    const me = await whoAsks(request);
    request.me = me;
    await perPerson(request);
    if (me.scope) {
      await perToken(request);
      checkScope(me.scope, reach);
    } else if (me.signIn.machine && !reach.commands) throw browserOnly();
    checkRight(me, rights);
  };
  const stillAdmitted = async ({ me }: FastifyRequest, rights: readonly Right[]) => {
    const now = me && (me.scope ? await tokens.asOfNow(me) : signIns.get(me.signIn.id));
    // Never without `me` behind `admit`; if it were, nothing may be answered.
    if (!me || !now) throw signedOut();
    // A cookie of before a step-up stands for the assertion of before it.
    const assertionAgeMs = Math.max(me.assertionAgeMs, now.assertionAgeMs);
    const asked = { ...now, assertionAgeMs };
    checkRight(asked, rights);
    return asked;
  };
  const { origins, unknownDevices } = settings;
  const device = { devices, origins, unknownDevices };
  const gate = { admit, stillAdmitted, decisions, repeats, downloads, device };
  for (const route of routes) app.route(mounted(route, gate, settings));
  return authenticate;
}

/** @throws ApiRefused `signed-out`, `proof-stale` */
async function commandOf(
  request: FastifyRequest,
  machines: Pick<MachineSignIns, "authenticate">,
  origins: readonly string[],
): Promise<SignedIn> {
  const keyed = keyedRequest(request, origins);
  if (keyed?.token === undefined) throw signedOut();
  const seen = request.headers[BACKGROUND_HEADER] === undefined;
  const proved = await machines.authenticate({ ...keyed, token: keyed.token }, seen);
  if (proved.kind === "signed-in") return proved.me;
  if (proved.kind === "refused") throw signedOut();
  throw new ApiRefused(401, "proof-stale", "The clock of this machine is wrong. Set it.");
}

/** @throws ApiRefused `signed-out`, `proof-stale` */
async function programOf(
  request: FastifyRequest,
  tokens: Pick<ApiTokens, "authenticate">,
  origins: readonly string[],
): Promise<SignedIn> {
  const token = apiTokenOf(request) ?? "";
  const keyed = isKeyed(request) ? keyedRequest(request, origins) : undefined;
  const proved = await tokens.authenticate(token, request.ip, keyed && { ...keyed, token });
  if (proved.kind === "signed-in") return proved.me;
  if (proved.kind === "refused") throw signedOut();
  throw new ApiRefused(401, "proof-stale", "The clock of this machine is wrong. Set it.");
}

/** @throws ApiRefused */
function checkScope({ assets }: TokenScope, { tokens }: Reach): void {
  if (tokens === undefined) {
    throw new ApiRefused(403, "not-for-tokens", "No token reaches this: a person does it.");
  }
  if (tokens === "all-assets" && assets) throw notFound();
}

function browserOnly(): ApiRefused {
  return new ApiRefused(403, "browser-only", "This is done in the browser, with the passkey.");
}

type Guarded = Extract<Route, { readonly commands?: true }>;

/** Who comes to a route besides browsers. */
type Reach = Pick<Guarded, "commands" | "tokens">;

interface Gate {
  admit(request: FastifyRequest, rights: readonly Right[], reach?: Reach): Promise<void>;
  /**
   * Once the body is there, for which its sender may have taken many seconds: who asks, as they
   * are now. @throws ApiRefused where they lost the sign-in or the right meanwhile
   */
  stillAdmitted(request: FastifyRequest, rights: readonly Right[]): Promise<SignedIn>;
  readonly decisions: Decisions;
  readonly repeats: Repeats;
  readonly downloads: RunningDownloads;
  readonly device: DeviceGate;
}

function mounted(
  route: Route,
  { admit, device, ...gate }: Gate,
  settings: MountSettings,
): RouteOptions {
  const common = {
    method: route.method,
    url: route.path,
    schema: schemaOf(route),
    ...(route.endpoint.bodyBytesMax && { bodyLimit: route.endpoint.bodyBytesMax }),
  };
  if (route.right === "everybody" || route.right === "transmitter" || route.right === "provider")
    return { ...common, ...publicHooks(route.endpoint, settings.origins) };
  if (route.right === "scraper") {
    return {
      ...common,
      onRequest: async (request) => {
        if (isScraper(request, settings.metricsToken)) return;
        await admit(request, ["health:view"]).catch(() => {
          throw notFound();
        });
      },
      handler: publicHandler(route.endpoint, settings.origins),
    };
  }
  if (route.right === "reporter") {
    return {
      ...common,
      onRequest: async (request) => {
        if (!knowsToken(request, settings.postureToken)) throw notFound();
      },
      handler: publicHandler(route.endpoint, settings.origins),
    };
  }
  const { right, commands, tokens } = route;
  const reach = { ...(commands && { commands }), ...(tokens && { tokens }) };
  return {
    ...common,
    onRequest: (request) => admit(request, right, reach),
    // Before the body is checked against its schema: as it was sent is as it was signed.
    ...(FROM_DEVICE.has(routeName(route)) && {
      preValidation: async (request: FastifyRequest) => {
        if (!request.me) throw signedOut();
        await checkDevice(device, request.me, request);
      },
    }),
    handler: guardedHandler(route, gate, settings.origins),
  };
}

function schemaOf(route: Route): Record<string, unknown> {
  const { endpoint, right } = route;
  const { summary, params, query, body, answer, status, contentType } = endpoint;
  return {
    summary,
    ...(params ? { params } : {}),
    ...(query ? { querystring: query } : {}),
    ...(body ? { body } : {}),
    ...(answer ? { response: { [status ?? 200]: answer } } : {}),
    ...(contentType ? { produces: [contentType] } : {}),
    ...(right === "everybody" ? { security: [] } : {}),
    ...securityOf(route),
    ...(right === "transmitter" ? { security: [{ transmitter: [] }] } : {}),
    ...(right === "provider" ? { security: [{ provider: [] }] } : {}),
    ...(right === "reporter" ? { security: [{ reporter: [] }] } : {}),
    ...(right === "scraper" ? { security: [{ signIn: [] }, { scraper: [] }] } : {}),
    ...(typeof right === "object" && right.length > 0
      ? { description: `Needs the right ${right.join(" or ")}.` }
      : {}),
  };
}

function securityOf(route: Route): Record<string, unknown> {
  const command = "commands" in route ? [{ command: [] }] : [];
  const token = "tokens" in route ? [{ token: [] }] : [];
  if (command.length + token.length === 0) return {};
  return { security: [{ signIn: [] }, ...command, ...token] };
}

function publicHooks(endpoint: PublicEndpoint, origins: readonly string[]) {
  const { before } = endpoint;
  const handler = publicHandler(endpoint, origins);
  if (!before) return { handler };
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const said = before({ address: request.ip, authorization: request.headers.authorization });
    return said && answer(endpoint, reply, said);
  };
  return { handler, onRequest };
}

function publicHandler(endpoint: PublicEndpoint, origins: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply) =>
    answer(endpoint, reply, await endpoint.handle(callOf(request, reply, origins)));
}

function guardedHandler(
  { endpoint, right }: Guarded,
  { stillAdmitted, decisions, repeats, downloads }: Omit<Gate, "admit" | "device">,
  origins: readonly string[],
) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const me = await stillAdmitted(request, right);
    const call: Call<unknown, unknown, unknown> = Object.assign(callOf(request, reply, origins), {
      me,
      rights: decisions.rights(me),
      mayAt: rightsAt(decisions, me, systemClock),
    });
    const work = () => endpoint.handle(call);
    const value = await onceOnly(endpoint, request, repeats, work);
    if (value instanceof WrittenJson) return sendWritten(request, reply, value);
    if (value instanceof Download) downloads.watch(value, me, right);
    return answer(endpoint, reply, value);
  };
}

/** Only of what makes something: all else may be asked for again anyway. */
function onceOnly(
  { status }: Endpoint,
  { me, method, url, headers, body }: FastifyRequest,
  repeats: Repeats,
  work: () => unknown,
): unknown {
  const key = headers["idempotency-key"];
  if (status !== 201 || typeof key !== "string") return work();
  const of = { person: me?.person.id ?? "", route: `${method} ${url}` };
  return repeats.once(of, key, body, work);
}

function callOf(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): PublicCall<unknown, unknown, unknown> {
  return {
    params: request.params,
    query: request.query,
    body: request.body,
    get browser() {
      const device = deviceShown(request, origins);
      return { ...browserOf(request, reply), ...(device && { device }) };
    },
    signIn: (token) => setSignInCookie(reply, token),
    signOut: () => clearSignInCookie(reply),
    expectPerson: (token) => setExpectedCookie(reply, token),
    expectNobody: () => clearExpectedCookie(reply),
    address: request.ip,
    origin: originOf(request, origins) ?? origins[0] ?? "",
    authorization: request.headers.authorization,
    ifMatch: request.headers["if-match"],
    keyed: keyedRequest(request, origins),
    visit: cookieOf(request, VISIT_COOKIE),
    beginVisit: (token, forMs) => setVisitCookie(reply, token, forMs),
    endVisit: () => clearVisitCookie(reply),
  };
}

function answer(
  endpoint: Endpoint | PublicEndpoint,
  reply: FastifyReply,
  value: unknown,
): FastifyReply {
  reply.header("cache-control", "no-store");
  if (value instanceof Download) {
    const { digest } = value;
    reply.header("content-disposition", `attachment; filename="${value.fileName}"`);
    // RFC 9530, known once the last byte has gone: a proxy that ends it early is found out.
    if (digest && reply.request.raw.httpVersion !== "1.0") {
      reply.trailer("repr-digest", async () => `sha-256=:${digest()}:`);
    }
    return reply.type(value.contentType).send(value.content);
  }
  if (value instanceof Answered) {
    return reply.code(value.status).headers(value.headers).send(value.body);
  }
  if (!endpoint.answer) return reply.code(204).send();
  if (endpoint.contentType) return reply.type(endpoint.contentType).send(value);
  return reply.code(endpoint.status ?? 200).send(value);
}

function refuseOtherRoutes(app: FastifyInstance, routes: readonly Route[]): void {
  const known = new Set(routes.map(routeName));
  if (known.size !== routes.length) throw new Error("a route stands twice in the table");
  app.addHook("onRoute", ({ method, url }) => {
    for (const each of [method].flat()) {
      const name = routeName({ method: each, path: url });
      if (!known.has(name)) throw new Error(`${name} is not in the table of routes`);
    }
  });
}
