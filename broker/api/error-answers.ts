/** Refusals and faults become answers here and nowhere else. */
import type { FastifyInstance, FastifyReply } from "fastify";
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
  return reply
    .code(refusal.status)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(refusal.problem);
}
