/**
 * Cookies that a browser brings to the origin of a panel: the pass of the session, and what the
 * panel's own script set there. A browser also brings what the script of another panel set for all
 * names above it, and does not say which is which. A name that begins with `__Host-` nobody can set
 * for another host (RFC 6265bis, 4.1.3.2): so a script in each page keeps its cookies under such
 * names, and the panel is told of no other.
 */

import { OWN_COOKIE } from "../../legs/web/told-cookies.ts";

/** Read by one name alone: one that is sent twice is none. */
export function cookieOf(field: string | undefined, name: string): string | undefined {
  const values = pairsOf(field).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

/** What the panel's own script set, under the names that it gave; undefined where there is nothing. */
export function ownCookies(field: string | undefined): string | undefined {
  const own = pairsOf(field).filter((pair) => pair.startsWith(OWN_COOKIE));
  return own.length === 0 ? undefined : own.map((pair) => pair.slice(OWN_COOKIE.length)).join("; ");
}

function pairsOf(field: string | undefined): readonly string[] {
  // Spaces alone: what else counts as white space somewhere could hide whose name it is.
  return (field ?? "").split(";").map((pair) => pair.replace(/^ +|(?<! ) +$/g, ""));
}

/** Where each page of a panel gets it from: see `own-script.ts`. */
export const COOKIE_SCRIPT = `(() => {
  const OWN = ${JSON.stringify(OWN_COOKIE)};
  const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  // In each page once.
  if (!String(get).includes("[native code]")) return;
  const isLasting = (attribute) => /^(?:expires|max-age)=/i.test(attribute);
  Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    enumerable: true,
    get() {
      const all = get.call(this).split("; ").filter((pair) => pair.startsWith(OWN));
      return all.map((pair) => pair.slice(OWN.length)).join("; ");
    },
    set(text) {
      const [pair, ...attributes] = String(text).split(";").map((part) => part.trim());
      const kept = attributes.filter(isLasting);
      set.call(this, [OWN + pair, "path=/", "secure", "samesite=strict", ...kept].join("; "));
    },
  });
  // Pages that find none of it use the other way.
  delete window.cookieStore;
})();
`;
