/** Which fields pass in each direction. What is not named here stays behind. */
import { allOf, type Fields, fieldOf, wordsOf } from "./head.ts";
import { STRICT_FIELDS } from "./page.ts";

/** The leg's and the guard's own number of a request; of no peer's making. */
export const REQUEST_FIELD = "sallyport-request";

const TO_ASSET: ReadonlySet<string> = new Set([
  ...["accept", "accept-language", "authorization", "content-type", "cookie", "host", "origin"],
  ...["referer", "soapaction", "user-agent"],
]);

/** They give the request another method, path, address or client than the rule judged. */
const MISLEADING =
  /^x-(?:forwarded|real-ip|client-ip|original|rewrite|http-method|method-override|http-host|host)/;

const TO_CLIENT: ReadonlySet<string> = new Set([
  ...["allow", "content-disposition", "content-language", "content-type", "date"],
  ...["last-modified", "retry-after"],
]);

/**
 * They undo what the broker tells the browser, name files of the panel's makers, or tell a proxy
 * in front of the broker to answer with something of its own.
 */
const UNDOING =
  /^x-(?:frame-options|content-security|webkit-csp|sourcemap|dns-prefetch|permitted|ua-compat|content-type-options|xss|accel|sendfile|lighttpd|litespeed|reproxy|forwarded|real-ip)/;

/** These are of the connection, of its caches or of who asks: no panel's own, and never named. */
const NOT_NAMED =
  /^(?:accept-|access-control-|cdn-|client-ip|connection|content-|cookie|date|expect|forwarded|from|host|http|if-|keep-alive|max-forwards|method|origin|pragma|cache-|priority|proxy|range|referer|sallyport|sec-|service-worker|te$|trailer|transfer-|true-client|upgrade|uri|url|via|warning)/;

/** Whether a plant file may name it as one that requests to a panel have besides; lower case. */
export function mayBeNamed(name: string): boolean {
  return /^[a-z][a-z0-9-]*$/.test(name) && !NOT_NAMED.test(name) && !MISLEADING.test(name);
}

/** @param more names of fields that pass besides */
export function fieldsToAsset(fields: Fields, more: readonly string[]): Fields {
  const named = wordsOf(fields, "connection");
  return fields.filter(
    ([name]) =>
      !named.includes(name) &&
      (TO_ASSET.has(name) ||
        (name.startsWith("x-") && !MISLEADING.test(name)) ||
        (more.includes(name) && mayBeNamed(name))),
  );
}

export function fieldsToClient(fields: Fields): Fields {
  const named = wordsOf(fields, "connection");
  const passed = fields.filter(
    ([name]) =>
      !named.includes(name) &&
      (TO_CLIENT.has(name) || (name.startsWith("x-") && !UNDOING.test(name))),
  );
  return [...STRICT_FIELDS, ...passed];
}

/** `/page?x=1` of this very panel; undefined where it leads anywhere else. */
export function ownPath(location: string): string | undefined {
  if (/^\/(?![/\\])[\x21-\x7e\x80-\xff]*$/.test(location) && !location.includes("\\")) {
    return location;
  }
  // Relative to the page: no scheme, no host.
  return /^(?:\?|#|[\w.~%-][\w.~%\-/]*(?:[?#]|$))[\x21-\x7e]*$/.test(location)
    ? location
    : undefined;
}

/** A file to keep, not a page to show. */
export function isDownload(fields: Fields, status: number): boolean {
  if (status < 200 || status >= 300) return false;
  const disposition = fieldOf(fields, "content-disposition") ?? "";
  if (/^\s*attachment/i.test(disposition)) return true;
  const type = contentType(fields);
  return type !== "" && !SHOWN.some((each) => type.startsWith(each));
}

export function contentType(fields: Fields): string {
  return (fieldOf(fields, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** What pages are made of. */
const SHOWN: readonly string[] = [
  ...["text/", "image/", "font/", "audio/", "video/mp4", "application/javascript"],
  ...["application/x-javascript", "application/json", "application/xml", "application/xhtml+xml"],
  ...["application/soap+xml", "application/font", "application/x-font", "application/vnd.ms-font"],
  ...["application/manifest+json", "application/ld+json", "multipart/x-mixed-replace"],
];

/** Whether it wants to become a WebSocket; any other upgrade is refused. */
export function upgradeOf(fields: Fields): "none" | "socket" | "other" {
  const words = allOf(fields, "upgrade");
  if (words.length === 0) return "none";
  const asked = words.join(",").toLowerCase() === "websocket";
  const linked = wordsOf(fields, "connection").includes("upgrade");
  const version = fieldOf(fields, "sec-websocket-version");
  const key = fieldOf(fields, "sec-websocket-key") ?? "";
  return asked && linked && version === "13" && /^[A-Za-z0-9+/]{22}==$/.test(key)
    ? "socket"
    : "other";
}
