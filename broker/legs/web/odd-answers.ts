/** Answers of panels that are none, or not what they seem: how they are told apart. */
import type { IncomingMessage } from "node:http";
import { codingOf, isKnownCoding } from "./answer-body.ts";
import type { Outgoing, WebSite } from "./web-site.ts";

/** Why nothing can be made of an answer, for the person; undefined where something can. */
export function unusable(
  answer: IncomingMessage,
  outgoing: Outgoing,
  site: WebSite,
): string | undefined {
  const coding = codingOf(answer);
  if (!isKnownCoding(coding)) return `The panel packs its answer as "${coding}", unasked.`;
  if (!site.wantsTls(answer, outgoing)) return undefined;
  return (
    "The panel leads every request to https. " +
    "An administrator gives its endpoint `tls` in the plant file."
  );
}

/** Pages that say "sign in" are a tenth of it. */
const PASSED_OVER_MAX = 65_536;

/** An answer nobody reads is read to its end, so that its connection serves again: if it has one. */
export function passOver(answer: IncomingMessage, withinMs: number): void {
  const late = setTimeout(() => answer.destroy(), withinMs);
  let length = 0;
  answer.on("data", (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > PASSED_OVER_MAX) answer.destroy();
  });
  answer.on("error", () => undefined);
  answer.once("close", () => clearTimeout(late));
}

/** What came was no HTTP, and in which way; undefined where something else failed. */
export function unreadable(error: unknown): string | undefined {
  if (!codeOf(error).startsWith("HPE_")) return undefined;
  const reason = error instanceof Error ? error.message : "";
  return `The panel's answer cannot be read (${reason}).`;
}

/** The other side closed the connection. */
export function isHangUp(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(codeOf(error));
}

export function isEventStream({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.toLowerCase().startsWith("text/event-stream") === true;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
