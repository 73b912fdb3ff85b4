import type { Person } from "../../store/model.ts";

/** Outsiders learn that somebody is named, not who: addresses of the site's people are not theirs. */
export function shownApprovers(by: readonly string[], viewer: Person): string[] {
  if (!viewer.roles.includes("vendor")) return [...by];
  return [...new Set(by.map((named) => (named.startsWith("role:") ? named : "a named person")))];
}
