/** Filtering and sorting of rows. Pure. */
export type SortValue = string | number | null;

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** As people count: "Hall 2" before "Hall 10". */
export const compareWords: (a: string, b: string) => number = words.compare;

/** True when each word of the filter is somewhere in the text, whatever its case. */
export function matchesFilter(filter: string, content: string): boolean {
  const lower = content.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}

/** Stable; rows without a value come last in both directions. */
export function sortRows<Row>(
  rows: readonly Row[],
  valueIn: (row: Row) => SortValue,
  descending: boolean,
): Row[] {
  return [...rows].sort((a, b) => compare(valueIn(a), valueIn(b), descending));
}

function compare(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order =
    typeof a === "number" && typeof b === "number" ? a - b : compareWords(String(a), String(b));
  return descending ? -order : order;
}

/** What a click on a column's head makes of the present order. */
export function nextSort(present: Sort, column: string): Sort {
  if (present.column !== column) return { column, descending: false };
  return { column, descending: !present.descending };
}
