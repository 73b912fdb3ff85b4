/** Other words that people use for the fields, and what a misspelt one was probably meant to be. */

export const ALIASES: Readonly<Record<string, string>> = {
  person: "by",
  who: "by",
  subject: "by",
  company: "employer",
  session: "recording",
  address: "register",
  reg: "register",
  since: "after",
  from: "after",
  until: "before",
  to: "before",
  typed: "text",
  shown: "text",
  command: "text",
  output: "text",
};

/** What people write for the words of a field, and which of them they mean. */
export const MEANT: Readonly<Record<string, string>> = {
  denied: "deny",
  refused: "deny",
  permitted: "permit",
  allowed: "permit",
  held: "hold",
  read: "observe",
  write: "operate",
};

/** Beyond this, or half of its letters, a word is no misspelling but another word. */
const DISTANCE_MAX = 2;

export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let distanceMin = Math.min(DISTANCE_MAX, Math.floor(word.length / 2)) + 1;
  for (const candidate of known) {
    const isStart = word.length > 1 && candidate.startsWith(word);
    const distance = isStart ? 1 : distanceOf(word, candidate);
    if (distance >= distanceMin) continue;
    best = candidate;
    distanceMin = distance;
  }
  return best;
}

/** Longer words are none of ours: the table below stays small. */
const LENGTH_MAX = 24;

/** Levenshtein: insertions, deletions and substitutions. */
function distanceOf(a: string, b: string): number {
  if (a.length > LENGTH_MAX) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const above = (row[j] ?? 0) + 1;
      const left = (next[j - 1] ?? 0) + 1;
      next.push(Math.min(above, left, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
