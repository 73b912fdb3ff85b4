/** The columns of a sheet by their names, and its cells as values. Pure. */
import type { CsvProblem, CsvRow } from "./read-csv.ts";

export type CellKind = "text" | "number" | "whole" | "flag" | "states" | "units";

/** The columns that a sheet may have, in the order in which they are written. */
export type Columns = Readonly<Record<string, CellKind>>;

/** As it stands in a plant file. */
export type CellValue =
  | string
  | number
  | boolean
  | readonly number[]
  | Readonly<Record<string, string>>;

export interface SheetRow {
  readonly line: number;
  readonly values: ReadonlyMap<string, CellValue>;
}

export interface Sheet {
  readonly rows: readonly SheetRow[];
  readonly problems: readonly CsvProblem[];
}

/** More tell a person nothing new. */
const PROBLEMS_MAX = 200;

export function readSheet(
  [head, ...rows]: readonly CsvRow[],
  columns: Columns,
  decimalComma: boolean,
): Sheet {
  if (!head) return { rows: [], problems: [{ line: 1, message: "the sheet is empty" }] };
  const names = head.cells.map(nameOf);
  const wrong = wrongHead(names, columns);
  if (wrong !== undefined) return { rows: [], problems: [{ line: head.line, message: wrong }] };
  const problems: CsvProblem[] = [];
  const read = rows.map(({ line, cells }) => {
    const values = new Map<string, CellValue>();
    const fail = (message: string) => problems.push({ line, message });
    if (cells.length > names.length) fail("there are more cells than columns have names");
    for (const [at, name] of names.entries()) {
      const kind = columns[name];
      const cell = cells[at] ?? "";
      if (kind === undefined || cell === "") continue;
      const value = READ[kind](cell, decimalComma);
      if (value === undefined) fail(`"${cell.slice(0, 60)}" is no ${WORD[kind]} (${name})`);
      else values.set(name, value);
    }
    return { line, values };
  });
  return { rows: read, problems: problems.slice(0, PROBLEMS_MAX) };
}

/** `Unit ID`, `unit_id` and `unit-id` are one. */
function nameOf(cell: string): string {
  return cell.toLowerCase().replace(/[\s_]+/g, "-");
}

function wrongHead(names: readonly string[], columns: Columns): string | undefined {
  const known = Object.keys(columns).join(", ");
  const strange = names.find((name) => name !== "" && !(name in columns));
  if (strange !== undefined) {
    return `"${strange.slice(0, 60)}" is no column; the first row names them: ${known}`;
  }
  const twice = names.find((name, at) => name !== "" && names.indexOf(name) < at);
  return twice === undefined ? undefined : `there are two columns "${twice}"`;
}

const WORD: Readonly<Record<CellKind, string>> = {
  text: "plain text: it begins like a formula",
  number: "number",
  whole: "whole number",
  flag: "yes or no",
  states: "list of states: write 0=stopped; 1=running",
  units: "list of units: write 1 or 1 2 3",
};

const READ: Readonly<
  Record<CellKind, (cell: string, decimalComma: boolean) => CellValue | undefined>
> = {
  // What a spreadsheet would run stays out of files that are opened with one again.
  text: (cell) => (/^(?:[=@]|[+-](?![\d.,\s]))/.test(cell) ? undefined : cell.replace(/\s+/g, " ")),
  number: (cell, decimalComma) => {
    const plain = decimalComma ? cell.replace(",", ".") : cell;
    return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(plain) ? Number(plain) : undefined;
  },
  whole: (cell) => (/^\d{1,15}$/.test(cell) ? Number(cell) : undefined),
  flag: (cell) => FLAGS.get(cell.toLowerCase()),
  states: (cell) => {
    const parts = cell.split(/\s*[;|\n]\s*/).filter((part) => part !== "");
    const pairs = parts.map((part) => /^(-?\d{1,15})\s*[=:]\s*(\S.*)$/.exec(part));
    if (pairs.some((pair) => pair === null)) return undefined;
    return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
  },
  units: (cell) => {
    const parts = cell.split(/[\s,;]+/);
    return parts.every((part) => /^\d{1,3}$/.test(part)) ? parts.map(Number) : undefined;
  },
};

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "y", "1", "x"].map((word) => [word, true] as const),
  ...["false", "no", "n", "0"].map((word) => [word, false] as const),
]);
