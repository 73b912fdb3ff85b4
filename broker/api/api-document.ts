/** The OpenAPI 3.1 document, generated from the table of routes and its schemas. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { guarded, type Route } from "./route.ts";
import { SIGN_IN_COOKIE } from "./sign-in-cookie.ts";

export async function addApiDocument(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Sallyport",
        version,
        description:
          "What the console uses. Errors answer `{code, message}`: the code is stable, the " +
          "message is for people. Requests other than GET need the `Origin` of the console. " +
          "What makes something (201) takes an `Idempotency-Key`: asked for again with it within " +
          "ten minutes, it is answered again and not done again.",
      },
      components: {
        securitySchemes: {
          signIn: { type: "apiKey", in: "cookie", name: SIGN_IN_COOKIE },
          command: {
            type: "http",
            scheme: "DPoP",
            description:
              "A token of `sallyport login`, with a proof of the machine's key (RFC 9449).",
          },
          token: {
            type: "http",
            scheme: "bearer",
            description:
              "A token of `sallyport token create`: some rights, some assets, for a time. One that " +
              "is bound to a machine's key comes as `DPoP`, with a proof of that key.",
          },
          transmitter: {
            type: "apiKey",
            in: "header",
            name: "Authorization",
            description: "As the integrations file says of each transmitter of signals.",
          },
          provider: { type: "http", scheme: "bearer" },
          reporter: { type: "http", scheme: "bearer" },
          scraper: { type: "http", scheme: "bearer" },
        },
      },
      security: [{ signIn: [] }],
    },
    transform: jsonSchemaTransform,
  });
}

/** Served to signed-in people: it says nothing that the source does not, but costs more than most. */
export function documentRoute(app: FastifyInstance): Route {
  return guarded(
    "GET",
    "/api/openapi.json",
    "signed-in",
    endpoint({
      summary: "This document",
      answer: z.looseObject({}),
      handle: () => app.swagger() as Record<string, unknown>,
    }),
  );
}
