/** Finds what a person probably meant to write. */

/** Longer lists are not searched: the suggestion is a courtesy, not worth a stall. */
const CANDIDATES_MAX = 5_000;

/** `; did you mean "treatment"?` or nothing. */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const near = nearestWord(word, candidates);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const farthest = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = farthest + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > CANDIDATES_MAX) break;
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and exchanged neighbours (Damerau and Levenshtein). */
function editDistance(from: string, to: string): number {
  let earlier: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const [a, b] = [from[row - 1], to[column - 1]];
      const replace = (previous[column - 1] ?? 0) + (a === b ? 0 : 1);
      const remove = (previous[column] ?? 0) + 1;
      const insert = (current[column - 1] ?? 0) + 1;
      const exchanged = a === to[column - 2] && from[row - 2] === b && row > 1;
      const exchange = exchanged ? (earlier[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(replace, remove, insert, exchange));
    }
    earlier = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
