/**
 * Cookies that a browser brings to the origin of a panel: the pass of the session, what the panel's
 * own script set there, and what the script of another panel set for all names above it.
 */

/** Read by one name alone: one that is sent twice is none. */
export function cookieOf(field: string | undefined, name: string): string | undefined {
  const values = pairsOf(field).filter((pair) => pair.startsWith(`${name}=`));
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}

/** What a browser brings before any page of a session was shown in it belongs to another panel. */
export function cookieNames(field: string | undefined): ReadonlySet<string> {
  return new Set(pairsOf(field).map(nameOf));
}

/** Undefined where nothing is left. */
export function withoutCookies(
  field: string | undefined,
  names: ReadonlySet<string>,
): string | undefined {
  const kept = pairsOf(field).filter((pair) => !names.has(nameOf(pair)));
  return kept.length === 0 ? undefined : kept.join("; ");
}

function pairsOf(field: string | undefined): readonly string[] {
  const pairs = (field ?? "").split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair !== "");
}

function nameOf(pair: string): string {
  return pair.split("=")[0]?.trim() ?? "";
}
