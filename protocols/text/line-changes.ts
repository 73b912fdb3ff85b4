/** What changed between two texts, line by line: the shortest way from one to the other. Pure. */

export interface LineChange {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Above this the table of the comparison is too large for a page: all old, then all new. */
const CELLS_MAX = 4_000_000;

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

function between(old: readonly string[], fresh: readonly string[]): readonly LineChange[] {
  if (old.length * fresh.length > CELLS_MAX) {
    return [
      ...old.map((text) => ({ kind: "removed" as const, text })),
      ...fresh.map((text) => ({ kind: "added" as const, text })),
    ];
  }
  return walk(old, fresh, commonLengths(old, fresh));
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
  const near = changes.map((_, at) =>
    changes.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== "same"),
  );
  return changes.flatMap((change, at) => {
    if (near[at]) return [change];
    return at === 0 || near[at - 1] ? [undefined] : [];
  });
}
