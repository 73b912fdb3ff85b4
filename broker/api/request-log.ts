/** One line for each answer: who, what, how long. Never a query, a header or a body. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "../log.ts";
import { pathOf } from "./web-gates.ts";

/** Told about each answer, for the metrics. */
export type RequestObserver = (answer: {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
}) => void;

export function addRequestLog(app: FastifyInstance, log: Logger, observe: RequestObserver): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const { method } = request;
    const route = request.routeOptions.url ?? "none";
    observe({ route, method, status: reply.statusCode, ms });
    const entry = { ...whoAndWhat(request), status: reply.statusCode, ms };
    if (reply.statusCode >= 500) log.error(entry, "request failed");
    else if (route === "none" && reply.statusCode < 400) log.debug(entry, "file");
    else log.info(entry, "request");
  });
}

function whoAndWhat(request: FastifyRequest): Record<string, unknown> {
  const session = request.routeOptions.url?.match(/^\/api\/(sessions|recordings)\/:id/)
    ? (request.params as { id?: string }).id
    : undefined;
  return {
    request: request.id,
    method: request.method,
    path: pathOf(request),
    address: request.ip,
    person: request.me?.person.id,
    signIn: request.me?.signIn.id,
    session,
  };
}
