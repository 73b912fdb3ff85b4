/** What is asked of a recording as a whole, before any of its rows is looked at. */
import { matcherOf } from "../../../protocols/search/pattern.ts";
import { isPatternField, type PatternField, type Term } from "../../../protocols/search/terms.ts";
import { isOfRecording } from "./row-filter.ts";
import type { CatalogueEntry } from "./search-messages.ts";

/** What a recording does not say of itself. */
export interface Surroundings {
  /** Of the person with that id, as it is now. */
  employer(person: string): string | undefined;
  /** Access requests that the grant came from, with what they name as tickets. */
  requests(grant: string): readonly { readonly id: string; readonly ticket: string }[];
}

export function isAsked(
  entry: CatalogueEntry,
  terms: readonly Term[],
  surroundings: Surroundings,
): boolean {
  return terms.every((term) => {
    if ("atMs" in term) return isWithin(entry, term);
    if (!isOfRecording(term)) return true;
    const patterns = term.any as readonly string[];
    const texts = textsOf(entry, term.field as PatternField | "state", surroundings);
    const matches = patterns.some((pattern) => texts.some(comparison(term.field, pattern)));
    return term.not ? !matches : matches;
  });
}

/** Some of it may lie in the time asked for. A recording that goes on may reach any time. */
function isWithin(
  { header, endedMs, state, isComplete }: CatalogueEntry,
  { field, atMs }: Extract<Term, { atMs: number }>,
): boolean {
  if (field === "before") return header.startedMs < atMs;
  return endedMs >= atMs || state === "open" || !isComplete;
}

function comparison(field: string, pattern: string): (text: string) => boolean {
  return isPatternField(field) ? matcherOf(field, pattern) : (text) => text === pattern;
}

function textsOf(
  { header, state }: CatalogueEntry,
  field: PatternField | "state",
  surroundings: Surroundings,
): readonly string[] {
  const { subject, asset, endpoint, grant, session } = header;
  switch (field) {
    case "by":
      return [subject.name, subject.id];
    case "employer":
      return [surroundings.employer(subject.id) ?? ""].filter((text) => text !== "");
    case "asset":
      return [asset.id, asset.name];
    case "zone":
      return [asset.zone];
    case "endpoint":
      return [`${asset.id}/${endpoint.id}`, endpoint.id];
    case "protocol":
      return [endpoint.protocol];
    case "profile":
      return [grant.profile];
    case "grant":
      return [grant.id];
    case "request":
      return surroundings.requests(grant.id).map(({ id }) => id);
    case "ticket":
      return surroundings.requests(grant.id).map(({ ticket }) => ticket);
    case "recording":
      return [session];
    default:
      return [state];
  }
}
