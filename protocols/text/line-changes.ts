/** What changed between two texts, line by line: the shortest way from one to the other. Pure. */

export interface LineChange {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Above this the table of the comparison is too large for a page. */
const CELLS_MAX = 4_000_000;
/** Long texts are divided at lines that each has once; what lies between again, so often. */
const DIVIDED_MAX = 6;

export function lineChanges(before: string, after: string): readonly LineChange[] {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const shorter = Math.min(old.length, fresh.length);
  // Most changes of a long text are in one place of it: the table is of that place alone.
  let head = 0;
  while (head < shorter && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]) => lines.map((text) => ({ kind: "same" as const, text }));
  return [
    ...same(old.slice(0, head)),
    ...between(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail)),
    ...same(old.slice(old.length - tail)),
  ];
}

function between(
  old: readonly string[],
  fresh: readonly string[],
  divided = DIVIDED_MAX,
): readonly LineChange[] {
  if (old.length * fresh.length <= CELLS_MAX) return walk(old, fresh, commonLengths(old, fresh));
  const anchors = divided > 0 ? anchorsOf(old, fresh) : [];
  if (anchors.length === 0) {
    return [
      ...old.map((text) => ({ kind: "removed" as const, text })),
      ...fresh.map((text) => ({ kind: "added" as const, text })),
    ];
  }
  const parts: (readonly LineChange[])[] = [];
  let [n, m] = [0, 0];
  for (const { from, to } of anchors) {
    const [left, right] = [old.slice(n, from), fresh.slice(m, to)];
    if (left.length + right.length > 0) parts.push(between(left, right, divided - 1));
    parts.push([{ kind: "same", text: old[from] ?? "" }]);
    [n, m] = [from + 1, to + 1];
  }
  parts.push(between(old.slice(n), fresh.slice(m), divided - 1));
  return parts.flat();
}

/** A line that each text has once. */
interface Anchor {
  readonly from: number;
  readonly to: number;
}

/** The longest row of them that stands in the same order in both. */
function anchorsOf(old: readonly string[], fresh: readonly string[]): readonly Anchor[] {
  const places = placesOf(fresh);
  const shared: Anchor[] = [];
  for (const [text, from] of placesOf(old)) {
    const to = places.get(text);
    if (from !== undefined && to !== undefined) shared.push({ from, to });
  }
  return longestRise(shared.sort((a, b) => a.from - b.from));
}

/** Of each line; undefined of one that comes again. */
function placesOf(lines: readonly string[]): ReadonlyMap<string, number | undefined> {
  const places = new Map<string, number | undefined>();
  for (const [at, text] of lines.entries()) places.set(text, places.has(text) ? undefined : at);
  return places;
}

/** As one lays cards: each on the leftmost heap with a higher one on top, linked to the heap before. */
function longestRise(shared: readonly Anchor[]): readonly Anchor[] {
  interface Card {
    readonly anchor: Anchor;
    readonly before: Card | undefined;
  }
  const tops: Card[] = [];
  for (const anchor of shared) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tops[middle]?.anchor.to ?? 0) < anchor.to) low = middle + 1;
      else high = middle;
    }
    tops[low] = { anchor, before: tops[low - 1] };
  }
  const row: Anchor[] = [];
  for (let card = tops.at(-1); card; card = card.before) row.push(card.anchor);
  return row.reverse();
}

/** `[n][m]`: length of the longest common part of the lines from n and from m on. */
function commonLengths(old: readonly string[], fresh: readonly string[]): readonly Uint32Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(fresh.length + 1));
  for (let n = old.length - 1; n >= 0; n--) {
    const [row, below] = [lengths[n], lengths[n + 1]];
    if (!row || !below) continue;
    for (let m = fresh.length - 1; m >= 0; m--) {
      row[m] =
        old[n] === fresh[m] ? (below[m + 1] ?? 0) + 1 : Math.max(below[m] ?? 0, row[m + 1] ?? 0);
    }
  }
  return lengths;
}

function walk(
  old: readonly string[],
  fresh: readonly string[],
  lengths: readonly Uint32Array[],
): readonly LineChange[] {
  const changes: LineChange[] = [];
  let [n, m] = [0, 0];
  while (n < old.length || m < fresh.length) {
    const [left, right] = [old[n], fresh[m]];
    if (left !== undefined && left === right) {
      changes.push({ kind: "same", text: left });
      n += 1;
      m += 1;
    } else if (left !== undefined && longerWithout(lengths, n, m, fresh.length)) {
      changes.push({ kind: "removed", text: left });
      n += 1;
    } else {
      changes.push({ kind: "added", text: right ?? "" });
      m += 1;
    }
  }
  return changes;
}

function longerWithout(lengths: readonly Uint32Array[], n: number, m: number, end: number) {
  return m >= end || (lengths[n + 1]?.[m] ?? 0) >= (lengths[n]?.[m + 1] ?? 0);
}

/** Changes with this many same lines around them; `undefined` stands for lines left out. */
export function aroundChanges(
  changes: readonly LineChange[],
  around = 2,
): readonly (LineChange | undefined)[] {
  const near = new Uint8Array(changes.length);
  for (const [at, { kind }] of changes.entries()) {
    if (kind !== "same") near.fill(1, Math.max(0, at - around), at + around + 1);
  }
  return changes.flatMap((change, at) => {
    if (near[at] === 1) return [change];
    return at === 0 || near[at - 1] === 1 ? [undefined] : [];
  });
}
