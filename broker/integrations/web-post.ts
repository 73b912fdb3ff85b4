/** Posting to somebody's web address: signed where there is a secret, and what the answer means. */
import { createHmac } from "node:crypto";
import type { ExchangeExtras, IntegrationReply } from "../legs/integration-exchange.ts";
import type { Trust, WebVia } from "./model.ts";
import { NotTaken } from "./receiver.ts";

export type Post = (
  url: string,
  type: string,
  body: string,
  extras: ExchangeExtras,
) => Promise<IntegrationReply>;

/** Answers that say that this very content is at fault, whenever it is sent. */
const FINAL: readonly number[] = [400, 413, 415, 422];
/** Of an answer, for a person who looks for the cause. */
const ANSWER_SHOWN = 120;

export interface Letter {
  /** The same however often it is sent. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly nowMs: number;
}

/** @throws NotTaken */
export async function postLetter(post: Post, via: WebVia, letter: Letter): Promise<void> {
  const { type, body } = letter;
  const headers = { ...signature(via, letter), ...authorization(via) };
  const reply = await post(via.url.read(), type, body, { headers, ...trustRead(via) });
  if (reply.status >= 200 && reply.status < 300) return;
  const said = reply.body.slice(0, ANSWER_SHOWN);
  const reason = `it answered ${reply.status}${said === "" ? "" : `: ${said}`}`;
  const retryAfter = retryAfterMs(reply.retryAfter, letter.nowMs);
  throw new NotTaken(reason, FINAL.includes(reply.status), retryAfter);
}

/**
 * Standard Webhooks: `webhook-signature: v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>`.
 * A secret that begins with `whsec_` is base64 behind it.
 */
function signature(
  { secret }: WebVia,
  { id, body, nowMs }: Letter,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const head = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (!secret) return head;
  const text = secret.read();
  const key = text.startsWith("whsec_") ? Buffer.from(text.slice(6), "base64") : text;
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...head, "webhook-signature": `v1,${mac}` };
}

function authorization({ authorization: given }: WebVia): Readonly<Record<string, string>> {
  return given ? { authorization: given.read() } : {};
}

export function trustRead({ ca, certificate, key }: Trust) {
  return {
    ...(ca && { ca: ca.read() }),
    ...(certificate && { certificate: certificate.read() }),
    ...(key && { key: key.read() }),
  };
}

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const atMs = Date.parse(text);
  return Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : undefined;
}
