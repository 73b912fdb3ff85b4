/**
 * Ways of conduits on the plant map: along right angles, around everything that stands there,
 * with few bends. Pure. Dijkstra over the lines beside the edges of what is to be passed.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

/** Pixels kept between a way and what it passes: half of the gap between two assets. */
const CLEARANCE = 5;
/** Where there is room, a way keeps further off. */
const NEAR = 16;
/** A bend is worth this long a detour. */
const BEND = 60;
/** Crossings looked at; a map with more of them is drawn with straight ways. */
const CROSSINGS_MAX = 40_000;

/** Where a way begins or ends: on the edge of a zone, and the direction that leads away from it. */
export interface End extends Point {
  readonly away: Point;
}

/**
 * @param obstacles what must not be crossed; both ends lie on the edge of one or outside
 * @param costly what may be crossed, but not followed: the names of zones stand there
 */
export function routeBetween(
  from: End,
  to: End,
  obstacles: readonly Rect[],
  costly: readonly Rect[],
): Point[] {
  const [start, goal] = [stubOf(from), stubOf(to)];
  const kept = obstacles.map((rect) => grown(rect, CLEARANCE - 1));
  const near = obstacles.map((rect) => grown(rect, NEAR));
  const middle = { x: (start.x + goal.x) / 2, y: (start.y + goal.y) / 2 };
  const grid: Grid = {
    xs: linesOf([start.x, goal.x, middle.x], obstacles, "x", "width"),
    ys: linesOf([start.y, goal.y, middle.y], obstacles, "y", "height"),
    isFree: (a, b) => !kept.some((rect) => crosses(a, b, rect)),
    factor: (a, b) => {
      if (costly.some((rect) => crosses(a, b, rect))) return COSTLY;
      return near.some((rect) => crosses(a, b, rect)) ? NEARBY : 1;
    },
  };
  const isSmall = grid.xs.length * grid.ys.length <= CROSSINGS_MAX;
  const found = isSmall ? shortest(grid, start, goal, from.away.y !== 0) : undefined;
  const straight = [start, { x: start.x, y: middle.y }, { x: goal.x, y: middle.y }, goal];
  return withoutRepeats([from, ...(found ?? straight), to].map(({ x, y }) => ({ x, y })));
}

/** So much dearer than elsewhere. */
const COSTLY = 5;
const NEARBY = 1.2;

function stubOf({ x, y, away }: End): Point {
  return { x: x + away.x * CLEARANCE, y: y + away.y * CLEARANCE };
}

function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

function linesOf(
  own: readonly number[],
  obstacles: readonly Rect[],
  at: "x" | "y",
  size: "width" | "height",
): number[] {
  const beside = obstacles.flatMap((rect) => [
    rect[at] - CLEARANCE,
    rect[at] + rect[size] + CLEARANCE,
  ]);
  return [...new Set([...own, ...beside])].sort((a, b) => a - b);
}

/** Whether a stretch runs through the inside; along the edge it does not. */
function crosses(a: Point, b: Point, { x, y, width, height }: Rect): boolean {
  return (
    Math.max(a.x, b.x) > x &&
    Math.min(a.x, b.x) < x + width &&
    Math.max(a.y, b.y) > y &&
    Math.min(a.y, b.y) < y + height
  );
}

interface Grid {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly isFree: (a: Point, b: Point) => boolean;
  readonly factor: (a: Point, b: Point) => number;
}

/** A crossing that was reached, and whether the way there came along a row. */
interface Step {
  readonly column: number;
  readonly row: number;
  readonly along: "row" | "column";
  readonly cost: number;
  readonly before: Step | undefined;
}

function shortest(grid: Grid, from: Point, to: Point, isUpright: boolean): Point[] | undefined {
  const { xs, ys } = grid;
  const done = new Set<string>();
  const start = { column: xs.indexOf(from.x), row: ys.indexOf(from.y) };
  const along = isUpright ? "column" : "row";
  const open = new Queue([{ ...start, along, cost: 0, before: undefined }]);
  for (let step = open.take(); step; step = open.take()) {
    const key = `${step.column} ${step.row} ${step.along}`;
    if (done.has(key)) continue;
    done.add(key);
    if (xs[step.column] === to.x && ys[step.row] === to.y) return pointsOf(grid, step);
    for (const next of neighbours(grid, step)) open.put(next);
  }
  return undefined;
}

const WAYS = [
  { columns: 1, rows: 0, along: "row" },
  { columns: -1, rows: 0, along: "row" },
  { columns: 0, rows: 1, along: "column" },
  { columns: 0, rows: -1, along: "column" },
] as const;

function neighbours(grid: Grid, step: Step): Step[] {
  const here = pointAt(grid, step.column, step.row);
  return WAYS.flatMap(({ columns, rows, along }) => {
    const [column, row] = [step.column + columns, step.row + rows];
    const there = pointAt(grid, column, row);
    if (here === undefined || there === undefined || !grid.isFree(here, there)) return [];
    const length = Math.abs(there.x - here.x) + Math.abs(there.y - here.y);
    const cost = length * grid.factor(here, there) + (along === step.along ? 0 : BEND);
    return [{ column, row, along, cost: step.cost + cost, before: step }];
  });
}

function pointAt({ xs, ys }: Grid, column: number, row: number): Point | undefined {
  const [x, y] = [xs[column], ys[row]];
  return x === undefined || y === undefined ? undefined : { x, y };
}

function pointsOf(grid: Grid, last: Step): Point[] {
  const points: Point[] = [];
  for (let step: Step | undefined = last; step; step = step.before) {
    points.unshift(...[pointAt(grid, step.column, step.row)].filter((one) => one !== undefined));
  }
  return points;
}

/** Only the ends and the bends. */
function withoutRepeats(points: readonly Point[]): Point[] {
  return points.filter((point, n) => {
    const [before, after] = [points[n - 1], points[n + 1]];
    if (before === undefined || after === undefined) return true;
    const isOnRow = before.y === point.y && point.y === after.y;
    const isOnColumn = before.x === point.x && point.x === after.x;
    return !isOnRow && !isOnColumn;
  });
}

/** Cheapest first: a binary heap. */
class Queue {
  private readonly steps: Step[];

  constructor(steps: Step[]) {
    this.steps = steps;
  }

  put(step: Step): void {
    const { steps } = this;
    let at = steps.push(step) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.cost(up) <= this.cost(at)) return;
      this.swap(at, up);
      at = up;
    }
  }

  take(): Step | undefined {
    const { steps } = this;
    const first = steps[0];
    const last = steps.pop();
    if (steps.length === 0 || last === undefined) return first;
    steps[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = this.cost(right) < this.cost(left) ? right : left;
      if (this.cost(least) >= this.cost(at)) return first;
      this.swap(at, least);
      at = least;
    }
  }

  private cost(at: number): number {
    return this.steps[at]?.cost ?? Number.POSITIVE_INFINITY;
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.steps[a], this.steps[b]];
    if (one === undefined || other === undefined) return;
    this.steps[a] = other;
    this.steps[b] = one;
  }
}
