/**
 * Turns the points that a page shows into few reads.
 *
 * Only points that touch or overlap are merged: a register between two points that nobody named
 * may not exist, may be forbidden, or may have a side effect when it is read.
 */
import { READ_BITS_MAX, READ_REGISTERS_MAX } from "../../../protocols/modbus/decode-points.ts";
import type { Table } from "../../../protocols/modbus/operation.ts";
import { type PointType, registerCount } from "../../../protocols/modbus/values.ts";

/** What a point needs to be read: a tag of the plant, or a row of the table browser. */
export interface Point {
  readonly name: string;
  readonly unitId: number;
  readonly table: Table;
  readonly address: number;
  readonly type: PointType;
}

export interface PlannedRead {
  readonly unit: number;
  readonly table: Table;
  readonly address: number;
  readonly count: number;
  /** Names of the points that this read answers. */
  readonly points: readonly string[];
}

/**
 * @param apart points to be read on their own, because a read they shared was refused: one
 * forbidden point must not blind its neighbours.
 */
export function planReads(points: readonly Point[], apart: ReadonlySet<string>): PlannedRead[] {
  const runs: Run[] = [];
  for (const point of [...points].sort(byPlace)) {
    const run = runs.at(-1);
    if (run && !apart.has(point.name) && joins(run, point)) extend(run, point);
    else runs.push(begin(point, apart.has(point.name)));
  }
  return runs.map(({ first, end, points }) => ({
    unit: first.unitId,
    table: first.table,
    address: first.address,
    count: end - first.address,
    points,
  }));
}

export function isBitTable(table: Table): boolean {
  return table === "coils" || table === "discrete-inputs";
}

/** Registers (or bits) that a value of this type takes. */
export function widthOf(type: PointType, table: Table): number {
  return isBitTable(table) ? 1 : registerCount(type);
}

interface Run {
  readonly first: Point;
  readonly closed: boolean;
  readonly points: string[];
  /** Address after the last one. */
  end: number;
}

function begin(point: Point, closed: boolean): Run {
  return { first: point, closed, points: [point.name], end: endOf(point) };
}

function extend(run: Run, point: Point): void {
  run.points.push(point.name);
  run.end = Math.max(run.end, endOf(point));
}

function joins(run: Run, point: Point): boolean {
  if (run.closed || run.first.unitId !== point.unitId || run.first.table !== point.table) {
    return false;
  }
  const countMax = isBitTable(point.table) ? READ_BITS_MAX : READ_REGISTERS_MAX;
  return (
    point.address <= run.end && Math.max(run.end, endOf(point)) - run.first.address <= countMax
  );
}

function endOf(point: Point): number {
  return point.address + widthOf(point.type, point.table);
}

function byPlace(a: Point, b: Point): number {
  return (
    a.unitId - b.unitId ||
    a.table.localeCompare(b.table) ||
    a.address - b.address ||
    a.name.localeCompare(b.name)
  );
}
