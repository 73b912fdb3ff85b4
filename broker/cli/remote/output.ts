/** What commands print: tables for people, one JSON value for programs. */

export interface Output {
  write(text: string): unknown;
}

export interface Flags {
  readonly json?: boolean;
  readonly broker?: string;
}

/** Whatever a broker says: a name or an address in it must not speak to the terminal. */
export const terminal: Output = {
  write: (text) => process.stdout.write(text.split("\n").map(harmless).join("\n")),
};

/** A row for people, in the order of the titles. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map(harmless));
  const widths = titles.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? "").length)));
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Names come from elsewhere: nothing of them may move the cursor of a terminal. */
export function harmless(text: string): string {
  return text.replace(UNSEEN, "·");
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

/** JSON leaves the upper control characters as they are, and some terminals obey them. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(UNSEEN, escaped)}\n`;
}

function escaped(text: string): string {
  const units = text.split("").map((unit) => unit.charCodeAt(0));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** One list, for whoever asked. */
export function show<T>(
  out: Output,
  { json }: Flags,
  all: readonly T[],
  people: { readonly titles: readonly string[]; row(each: T): readonly string[]; none: string },
): void {
  if (json) out.write(jsonLine(all));
  else if (all.length === 0) out.write(`${people.none}\n`);
  else out.write(table(people.titles, all.map(people.row)));
}

export function timeText(atMs: number | null): string {
  if (atMs === null) return "–";
  return new Date(atMs)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace("T", " ");
}

export function leftText(leftMs: number): string {
  const minutes = Math.max(0, Math.floor(leftMs / 60_000));
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
