/**
 * The HTTP server: gates, then the table of routes, then the console's files. Whatever is not in
 * the table is answered like what one may not see.
 */
import { randomBytes } from "node:crypto";
import type { Server as SecureServer } from "node:https";
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Logger } from "../log.ts";
import { LOGOUT_TOKEN_MAX } from "../providers/logout-token.ts";
import { SET_LENGTH_MAX } from "../signals/set.ts";
import type { ServedCertificate } from "../tls/served-certificate.ts";
import { addApiDocument, documentRoute } from "./api-document.ts";
import { limitBodyDepth } from "./body-depth.ts";
import { limitConnections } from "./connection-limits.ts";
import { addConsole } from "./console/console-files.ts";
import { becomesWebSocket, CONSOLE_LIMITS } from "./console-limits.ts";
import { addErrorAnswers, answerRefusal } from "./error-answers.ts";
import type { UnknownDevices } from "./from-device.ts";
import { type Gatekeepers, mountRoutes } from "./mount-routes.ts";
import { ApiRefused, notFound } from "./problem.ts";
import { addRequestLog, type RequestObserver } from "./request-log.ts";
import type { Route } from "./route.ts";
import { addSecurityHeaders } from "./security-headers.ts";
import { boundUnreadAnswers } from "./unread-answers.ts";
import { addGates, LOGOUT, pathOf } from "./web-gates.ts";

export interface ServerSettings {
  readonly origins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly requestsPerMinute: number;
  readonly unknownDevices: UnknownDevices;
  /** Empty: no scraper may read the metrics. */
  readonly metricsToken: string;
  /** Empty: nobody may report how computers are. */
  readonly postureToken: string;
  readonly consoleFolder: string;
  readonly version: string;
  /** Undefined: plain http, for localhost or behind a proxy that speaks TLS. */
  readonly certificate?: ServedCertificate | undefined;
}

/** Forms are small; recordings only ever leave. */
const BODY_BYTES_MAX = 65_536;
/** Ids of people, sessions and credentials are shorter. */
const PARAMETER_LENGTH_MAX = 1_400;

export async function buildServer(
  settings: ServerSettings,
  routes: readonly Route[],
  gatekeepers: Gatekeepers,
  log: Logger,
  observe: RequestObserver,
): Promise<FastifyInstance> {
  const app = newServer(settings, observe);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");
  // RFC 8935; what is in it is told only after it was verified.
  const asText = { parseAs: "string", bodyLimit: SET_LENGTH_MAX } as const;
  app.addContentTypeParser(
    "application/secevent+jwt",
    asText,
    async (_: unknown, body: unknown) => body,
  );
  app.addContentTypeParser("application/scim+json", { parseAs: "string" }, parseScim);
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: 2 * LOGOUT_TOKEN_MAX },
    takeForm,
  );
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  await addSecurityHeaders(app);
  addRequestLog(app, log, observe);
  addErrorAnswers(app, log);
  addGates(app, settings);
  limitBodyDepth(app);
  boundUnreadAnswers(app);
  await addApiDocument(app, settings.version);
  const guard = mountRoutes(app, [...routes, documentRoute(app)], gatekeepers, settings);
  await addConsole(app, settings.consoleFolder, guard);
  await app.ready();
  return app;
}

/** RFC 7644, section 3.1; what is in it is looked at by the endpoint. */
async function parseScim(_: unknown, body: string | Buffer): Promise<unknown> {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

/** A logout token comes in a form; nothing else does. */
async function takeForm(request: FastifyRequest, body: string | Buffer): Promise<string> {
  if (pathOf(request).startsWith(LOGOUT)) return String(body);
  throw new ApiRefused(415, "not-json", "Send JSON.");
}

function newServer(settings: ServerSettings, observe: RequestObserver): FastifyInstance {
  const { certificate, requestsPerMinute: perMinute } = settings;
  const { maxHeaderSize, headersTimeout, connectionsCheckingInterval } = CONSOLE_LIMITS;
  const limits = {
    ...{ maxHeaderSize, headersTimeout, connectionsCheckingInterval },
    shouldUpgradeCallback: becomesWebSocket,
  };
  const app = fastify({
    genReqId: () => randomBytes(8).toString("hex"),
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: CONSOLE_LIMITS.idleTimeout,
    requestTimeout: CONSOLE_LIMITS.requestTimeout,
    keepAliveTimeout: CONSOLE_LIMITS.keepAliveTimeout,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // A path that cannot be decoded is a path of nothing; no hook runs for it.
    frameworkErrors: (_error, _request, reply) => {
      reply.header("x-content-type-options", "nosniff");
      answerRefusal(reply as unknown as FastifyReply, notFound());
    },
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX },
    ...(certificate ? { https: { ...limits, ...certificate.options() } } : { http: limits }),
  });
  if (certificate) {
    const server = app.server as unknown as SecureServer;
    server.once("close", certificate.serve(server));
  }
  const refused = (method: string) => observe({ route: "none", method, status: 429, ms: 0 });
  limitConnections(app.server, settings.trustedProxies, { perMinute, refused });
  app.server.maxHeadersCount = CONSOLE_LIMITS.headersMax;
  return app as unknown as FastifyInstance;
}
