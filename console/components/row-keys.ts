/** Arrow keys, Home and End move between the rows of a table, staying in the same place of the row. */
import type { KeyboardEvent } from "react";

const FOCUSABLE = "a[href], button:not(:disabled)";

export function moveBetweenRows(event: KeyboardEvent<HTMLTableSectionElement>): void {
  const focused = event.target instanceof HTMLElement ? event.target : null;
  const row = focused?.closest("tr");
  if (!focused || !row) return;
  const next = rowAfter(event.key, row, event.currentTarget);
  if (!next) return;
  const place = [...row.querySelectorAll(FOCUSABLE)].indexOf(focused);
  const places = [...next.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const target = places[Math.min(place, places.length - 1)];
  if (!target) return;
  event.preventDefault();
  target.focus();
}

function rowAfter(key: string, row: Element, body: Element): Element | null {
  if (key === "ArrowDown") return row.nextElementSibling;
  if (key === "ArrowUp") return row.previousElementSibling;
  if (key === "Home") return body.firstElementChild;
  if (key === "End") return body.lastElementChild;
  return null;
}
