/** Answers of panels that are none, or not what they seem: how they are told apart. */
import type { ClientRequest, IncomingMessage } from "node:http";
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

/** A server says once that it goes on, and a few times what a page will need. */
const HINTS_MAX = 32;

class OnlyHints extends Error {
  override readonly name = "OnlyHints";
}

/** A panel that says over and over that its answer is yet to come (RFC 9110, 15.2) is left. */
export function boundHints(sent: ClientRequest): void {
  let hints = 0;
  sent.on("information", () => {
    hints += 1;
    if (hints === HINTS_MAX) sent.destroy(new OnlyHints(ON_AND_ON));
  });
}

const ON_AND_ON = "The panel says on and on that its answer is yet to come.";

/** What came was no answer, and in which way; undefined where something else failed. */
export function unreadable(error: unknown): string | undefined {
  if (error instanceof OnlyHints) return error.message;
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
