/**
 * Whether a person caused what happens now. Requests that nobody caused (a list that was refetched
 * because something changed) say so, and do not keep a sign-in from going idle.
 */

/** A click may lead to several requests, one after another; later ones are the console's own. */
const CAUSED_BY_PERSON_MS = 5_000;

/** Loading the page was a person's act. */
let lastActMs = Date.now();

for (const kind of ["pointerdown", "keydown"] as const)
  window.addEventListener(kind, noteAct, { capture: true, passive: true });

export function isCausedByPerson(): boolean {
  return Date.now() - lastActMs < CAUSED_BY_PERSON_MS;
}

function noteAct(): void {
  lastActMs = Date.now();
}
