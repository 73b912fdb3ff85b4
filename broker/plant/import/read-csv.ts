/**
 * CSV as spreadsheets write it: separated by commas, semicolons or tabs, with or without a byte
 * order mark, quoted or not (RFC 4180). Pure; never throws.
 */

/** A sheet of a large PLC; a plant file takes as many tags per endpoint. */
export const CSV_ROWS_MAX = 10_000;
const COLUMNS_MAX = 64;
const CELL_LENGTH_MAX = 2_000;
const SEPARATORS = [";", ",", "\t"] as const;

export interface CsvRow {
  /** On which line of the text it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvProblem {
  readonly line: number;
  readonly message: string;
}

export type ReadCsv =
  | { readonly kind: "rows"; readonly rows: readonly CsvRow[]; readonly decimalComma: boolean }
  | { readonly kind: "invalid"; readonly problem: CsvProblem };

/** Empty rows are left out. Where semicolons separate, a comma is a decimal point. */
export function readCsv(given: string): ReadCsv {
  const text = given.replace(/^\uFEFF/, "");
  const separator = separatorOf(text);
  const reader = new CsvReader(text, separator);
  const rows: CsvRow[] = [];
  for (let row = reader.next(); row; row = reader.next()) {
    if ("message" in row) return { kind: "invalid", problem: row };
    if (row.cells.every((cell) => cell === "")) continue;
    const wrong = tooMuch(row, rows.length);
    if (wrong !== undefined)
      return { kind: "invalid", problem: { line: row.line, message: wrong } };
    rows.push(row);
  }
  return { kind: "rows", rows, decimalComma: separator === ";" };
}

function tooMuch({ cells }: CsvRow, before: number): string | undefined {
  // One more: the first row names the columns.
  if (before > CSV_ROWS_MAX) return `more than ${CSV_ROWS_MAX} rows; import the sheet in parts`;
  if (cells.length > COLUMNS_MAX) return `more than ${COLUMNS_MAX} columns`;
  if (cells.some((cell) => cell.length > CELL_LENGTH_MAX)) {
    return `a cell has more than ${CELL_LENGTH_MAX} characters`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return cells.some((cell) => /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(cell))
    ? "a cell has characters that are no text"
    : undefined;
}

/** The one that is most often in the line of names. */
function separatorOf(text: string): string {
  const [first = ""] = text.split(/\r\n|\r|\n/, 1);
  const count = (separator: string) => first.split(separator).length;
  return SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best), ",");
}

class CsvReader {
  private readonly text: string;
  private readonly separator: string;
  private at = 0;
  private line = 1;

  constructor(text: string, separator: string) {
    this.text = text;
    this.separator = separator;
  }

  next(): CsvRow | CsvProblem | undefined {
    if (this.at >= this.text.length) return undefined;
    const line = this.line;
    const cells: string[] = [];
    for (;;) {
      const cell = this.cell();
      if (typeof cell !== "string") return cell;
      cells.push(cell.trim());
      if (this.text[this.at] !== this.separator) break;
      this.at += 1;
    }
    this.lineEnd();
    return { line, cells };
  }

  private cell(): string | CsvProblem {
    return this.text[this.at] === '"' ? this.quoted() : this.plain();
  }

  private plain(): string {
    const from = this.at;
    while (this.at < this.text.length && !this.isEnd(this.text[this.at])) this.at += 1;
    return this.text.slice(from, this.at);
  }

  private quoted(): string | CsvProblem {
    const line = this.line;
    const parts: string[] = [];
    this.at += 1;
    for (;;) {
      const end = this.text.indexOf('"', this.at);
      if (end < 0) return { line, message: 'a cell begins with " and has no other one' };
      const part = this.text.slice(this.at, end);
      this.line += part.split("\n").length - 1;
      parts.push(part);
      this.at = end + 1;
      if (this.text[this.at] !== '"') break;
      parts.push('"');
      this.at += 1;
    }
    if (this.at < this.text.length && !this.isEnd(this.text[this.at])) {
      return { line: this.line, message: 'something stands behind the closing " of a cell' };
    }
    return parts.join("");
  }

  private isEnd(character: string | undefined): boolean {
    return character === this.separator || character === "\n" || character === "\r";
  }

  private lineEnd(): void {
    if (this.text[this.at] === "\r") this.at += 1;
    if (this.text[this.at] === "\n") this.at += 1;
    this.line += 1;
  }
}
