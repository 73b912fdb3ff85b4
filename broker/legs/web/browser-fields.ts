/**
 * What a browser may do with a panel's page, as it is told on its own side: a tape runs again with
 * the fields of its day (`STRICT_FIELDS`), whatever browsers have learned since.
 */
import type { Fields } from "../../../protocols/http/head.ts";
import { setCookie, TOLD_FIELD } from "./told-cookies.ts";

/**
 * Workers of the page itself: newer panels draw and edit with them, and they end with it. A service
 * worker, which would stay, is refused by its request.
 */
const WORKERS = ["worker-src 'none'", "worker-src 'self' blob:"] as const;

/** What no panel needs, and a hostile one would ask a person for: first of all what they copied. */
const NOT_ASKED_FOR =
  "clipboard-read=(), idle-detection=(), local-fonts=(), " +
  "storage-access=(), window-management=()";

export function forBrowser(fields: Fields): Fields {
  return fields.map(([name, value]) => {
    if (name === "content-security-policy") return [name, value.replace(...WORKERS)];
    if (name === "permissions-policy") return [name, `${value}, ${NOT_ASKED_FOR}`];
    if (name === TOLD_FIELD) return ["set-cookie", setCookie(value)];
    return [name, value];
  });
}
