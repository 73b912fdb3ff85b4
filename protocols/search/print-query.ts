/** Terms in the language of the search box; `parseQuery` reads them back as they were. */
import type { Interval, RegisterRange, Term } from "./terms.ts";

/** @param iso milliseconds since the epoch as RFC 3339 in UTC */
export function printQuery(terms: readonly Term[], iso: (ms: number) => string): string {
  return terms.map((term) => printTerm(term, iso)).join(" ");
}

function printTerm(term: Term, iso: (ms: number) => string): string {
  if ("atMs" in term) return `${term.field}:${iso(term.atMs)}`;
  const values = valuesOf(term).join(",");
  const sign = term.not ? "-" : "";
  if (term.field === "any") return `${sign}${values}`;
  return `${sign}${term.field}:${values}`;
}

function valuesOf(term: Extract<Term, { any: readonly unknown[] }>): readonly string[] {
  if (term.field === "value" || term.field === "unit") return term.any.map(printInterval);
  if (term.field === "register") return term.any.map(printRegisters);
  return term.any.map(printText);
}

/** Whatever could be taken for something else stands in quotes. */
export function printText(text: string): string {
  if (/^[^\s",\\:-][^\s",\\:]*$/.test(text)) return text;
  return `"${text.replaceAll(/[\\"]/g, (character) => `\\${character}`)}"`;
}

function printInterval({ min, max, minOpen, maxOpen }: Interval): string {
  if (min !== undefined && min === max) return String(min);
  if (max === undefined) return `${minOpen ? ">" : ">="}${min}`;
  if (min === undefined) return `${maxOpen ? "<" : "<="}${max}`;
  return `${min}..${max}`;
}

const WORDS = {
  coils: "coil",
  "discrete-inputs": "discrete",
  "input-registers": "input",
  "holding-registers": "holding",
} as const;

function printRegisters({ table, from, to }: RegisterRange): string {
  const head = table === undefined ? "" : `${WORDS[table]}:`;
  return from === to ? `${head}${from}` : `${head}${from}..${head}${to}`;
}
