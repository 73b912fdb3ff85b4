/** Refusals and faults become answers here and nowhere else. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { escaped } from "../../protocols/http/page.ts";
import type { Logger } from "../log.ts";
import { type ApiRefused, brokerFault, refusalOf } from "./problem.ts";

export function addErrorAnswers(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal) return answerRefusal(reply, refusal);
    log.error({ request: request.id, route: request.routeOptions.url, error }, "endpoint failed");
    return answerRefusal(reply, brokerFault(request.id));
  });
}

export function answerRefusal(reply: FastifyReply, refusal: ApiRefused): FastifyReply {
  if (refusal.retryAfterMs !== undefined) {
    reply.header("retry-after", String(Math.ceil(refusal.retryAfterMs / 1_000)));
  }
  reply.code(refusal.status).header("cache-control", "no-store");
  if (isOpenedByPerson(reply.request)) {
    return reply.type("text/html; charset=utf-8").serializer(String).send(pageOf(refusal));
  }
  return reply
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(refusal.problem);
}

/** An address that somebody typed or followed, where a page and no data is expected. */
function isOpenedByPerson({ method, url, headers }: FastifyRequest): boolean {
  return method === "GET" && !url.startsWith("/api/") && headers["sec-fetch-dest"] === "document";
}

/** Without the console's files: the browser may be at an address that has none. */
export function pageOf({ problem: { code, message } }: ApiRefused): string {
  const said = escaped(message);
  // The one sentence that names where to go, by an address of the configuration.
  const text = code === "forbidden-host" ? said.replace(ADDRESS, '<a href="$&">$&</a>') : said;
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8">' +
    '<meta name="viewport" content="width=device-width">' +
    '<meta name="color-scheme" content="light dark">' +
    `<title>Sallyport</title><h1>Sallyport</h1><p>${text}</p></html>\n`
  );
}

/** Not the full stop of its sentence. */
const ADDRESS = /https?:\/\/[^\s<>&]*[^\s<>&.,]/;
