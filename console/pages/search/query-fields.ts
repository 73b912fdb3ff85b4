/**
 * The plain fields of a search beside its box. Both are the same search: a field shows what its
 * term has in the box, and changes that term there and nothing else. Pure.
 */
import { cutPieces, type Piece } from "../../../protocols/search/parse-query.ts";
import { printText } from "../../../protocols/search/print-query.ts";
import { ALIASES } from "../../../protocols/search/spelling.ts";

/** The value of a field's first term without a minus, as it would be typed into the field. */
export function fieldValue(query: string, field: string): string {
  const piece = pieceOf(query, field);
  return piece?.values.map(({ text }) => text).join(",") ?? "";
}

/** @param isText values may hold anything; else commas keep their meaning of alternatives */
export function withField(query: string, field: string, value: string, isText: boolean): string {
  const piece = pieceOf(query, field);
  const written = isText ? printText(value) : value.split(",").map(printPart).join(",");
  const term = value === "" ? "" : `${field}:${written}`;
  if (piece === undefined) return [query.trim(), term].filter((part) => part !== "").join(" ");
  const [before, after] = [query.slice(0, piece.at).trim(), query.slice(piece.end).trim()];
  return [before, term, after].filter((part) => part !== "").join(" ");
}

function printPart(text: string): string {
  const part = text.trim();
  return /[\s"\\]/.test(part) ? printText(part) : part;
}

function pieceOf(query: string, field: string): Piece | undefined {
  const pieces = cutPieces(query);
  if ("message" in pieces) return undefined;
  return pieces.find((piece) => {
    const written = piece.field?.toLowerCase();
    return written !== undefined && !piece.not && (ALIASES[written] ?? written) === field;
  });
}
