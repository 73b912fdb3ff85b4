/**
 * The one kind of a panel's cookies that its browser is told: tokens against forged requests, which
 * a page's own script must read and say back in a field (double submit). All others stay with the
 * broker. They go through the guard as a field of the broker's own, and reach the browser under a
 * name that no other panel can set (`panel-cookies.ts`).
 */
import { type Cookie, readCookie } from "./cookie-jar.ts";

/** Of no panel's making: what a panel says under this name stays behind. */
export const TOLD_FIELD = "x-sallyport-told";
/** What the script of a panel's page set, or is to read. */
export const OWN_COOKIE = "__Host-own-";

const TOKEN = /[cx]srf/i;
/** A page has one; more is no token. */
const TOLD_MAX = 4;

/** @param fields `Set-Cookie` of an answer */
export function toldFields(fields: readonly string[] = []): readonly (readonly [string, string])[] {
  const tokens = fields.flatMap((field) => readCookie(field) ?? []).filter(isTold);
  return tokens.slice(0, TOLD_MAX).map(({ name, value, isOver }) => {
    return [TOLD_FIELD, `${name}=${isOver ? "; Max-Age=0" : value}`] as const;
  });
}

/** What it is to a browser. */
export function setCookie(told: string): string {
  return `${OWN_COOKIE}${told}; Path=/; Secure; SameSite=Strict`;
}

/** One that no script is to read says so. */
function isTold({ name, isHttpOnly }: Cookie): boolean {
  return TOKEN.test(name) && !isHttpOnly;
}
