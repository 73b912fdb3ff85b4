/** The filters that providers use to find what they made: one attribute, by equality. */
import { ScimRefused } from "./answers.ts";

export interface Equal {
  /** Lower case. */
  readonly attribute: string;
  readonly value: string;
}

const LENGTH_MAX = 500;

/** Undefined: all. @throws ScimRefused invalidFilter */
export function readFilter(text: string | undefined): Equal | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const [, attribute = "", literal = ""] =
    text.length <= LENGTH_MAX
      ? (/^\s*([A-Za-z][\w.:-]*)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*$/i.exec(text) ?? [])
      : [];
  if (attribute === "") throw new ScimRefused(400, SUPPORTED, "invalidFilter");
  return { attribute: attribute.toLowerCase(), value: plainOf(literal) };
}

const SUPPORTED = 'Only filters of the form attribute eq "value" are understood here.';

function plainOf(literal: string): string {
  if (!literal.startsWith('"')) return literal.toLowerCase();
  try {
    return String(JSON.parse(literal));
  } catch {
    throw new ScimRefused(400, SUPPORTED, "invalidFilter");
  }
}
