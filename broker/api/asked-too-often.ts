/**
 * Turns away who asks too often before anything else looks at what is asked: no route, no sign-in,
 * no line in the log for each. Only where the connection's address is the person's own; of those
 * who come through a proxy, `web-gates.ts` knows the address.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pageOf } from "./error-answers.ts";
import { ApiRefused } from "./problem.ts";

export function askedTooOften(retryAfterMs?: number): ApiRefused {
  const said = "Too many requests. Wait a little, then try again.";
  return new ApiRefused(429, "rate-limited", said, retryAfterMs);
}

const REFUSAL = askedTooOften();
/** Nothing of it runs, loads or is framed. */
const FIELDS = [
  ...["cache-control", "no-store", "x-content-type-options", "nosniff"],
  ...["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
];
const AS_PAGE = cannedOf("text/html; charset=utf-8", pageOf(REFUSAL));
const AS_JSON = cannedOf("application/json; charset=utf-8", JSON.stringify(REFUSAL.problem));

interface Canned {
  readonly fields: readonly string[];
  readonly body: string;
}

function cannedOf(type: string, body: string): Canned {
  const length = String(Buffer.byteLength(body));
  return { fields: [...FIELDS, "content-type", type, "content-length", length], body };
}

/** Its connection ends too: the next one counts as one more that the address opened. */
export function turnAway(request: IncomingMessage, response: ServerResponse, waitMs: number): void {
  const { fields, body } = request.headers["sec-fetch-dest"] === "document" ? AS_PAGE : AS_JSON;
  response.shouldKeepAlive = false;
  const seconds = String(Math.ceil(waitMs / 1_000));
  response.writeHead(REFUSAL.status, [...fields, "retry-after", seconds]);
  response.end(body);
}
