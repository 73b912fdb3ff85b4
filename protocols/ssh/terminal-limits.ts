/**
 * Sequences that a terminal carries out as often as they say, one by one: twelve bytes of an asset
 * keep a page busy for minutes (`ESC [ 300000000 L`). A screen has at most some hundred lines, so
 * what asks for more than this is passed over.
 */
export const REPEATED_MAX = 1_000;

/** ECMA-48: insert and delete, scroll, erase, tabulate, and repeat the last character. */
export const REPEATED: readonly { readonly final: string; readonly intermediates?: string }[] = [
  ...["@", "I", "L", "M", "P", "S", "T", "X", "Z", "b"].map((final) => ({ final })),
  { intermediates: " ", final: "@" },
  { intermediates: " ", final: "A" },
  { intermediates: "'", final: "}" },
  { intermediates: "'", final: "~" },
];

/** Whether the sequence is to be passed over. */
export function asksTooMuch(parameters: readonly (number | readonly number[])[]): boolean {
  return parameters.some((each) => typeof each === "number" && each > REPEATED_MAX);
}
