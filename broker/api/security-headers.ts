/** What every answer tells the browser: run nothing of others, be framed by nobody, tell nobody. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Fresh for each answer; styles that the console's own script makes carry it. */
    styleNonce: string;
  }
}

/** 128 bits: not to be guessed within the life of one answer. */
const NONCE_BYTES = 16;
/** Two years, as browsers' preload lists ask. */
const HSTS = "max-age=63072000; includeSubDomains";
/** Nothing of a device but passkeys is ever asked for. */
const DEVICE_FEATURES =
  "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), " +
  "hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), " +
  "publickey-credentials-get=(self), publickey-credentials-create=(self)";

const nonces = new WeakMap<ServerResponse, string>();

export async function addSecurityHeaders(app: FastifyInstance): Promise<void> {
  app.decorateRequest("styleNonce", "");
  app.addHook("onRequest", async (request, reply) => {
    request.styleNonce = randomBytes(NONCE_BYTES).toString("base64url");
    nonces.set(reply.raw, request.styleNonce);
    reply.header("permissions-policy", DEVICE_FEATURES);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    // Decided for each request: only the answer to an https origin may pin it.
    hsts: false,
  });
}

const DIRECTIVES = {
  "default-src": ["'none'"],
  "script-src": ["'self'"],
  "style-src": ["'self'", styleNonce],
  "img-src": ["'self'", "data:", "blob:"],
  "font-src": ["'self'"],
  "connect-src": ["'self'"],
  // The player decodes tapes in a worker.
  "worker-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
  "frame-ancestors": ["'none'"],
};

function styleNonce(_request: IncomingMessage, response: ServerResponse): string {
  return `'nonce-${nonces.get(response)}'`;
}

/** Added once the request is known to have come to an https origin of ours. */
export const hstsHeader = ["strict-transport-security", HSTS] as const;
