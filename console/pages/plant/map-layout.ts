/**
 * Where everything stands on the plant map. Pure. Zones are rows by Purdue level, the highest on
 * top; a zone within another is drawn inside it, below that zone's own assets.
 */
import { labelPlace, labelRect } from "./map-label.ts";
import { type End, type Point, type Rect, routeBetween } from "./map-route.ts";

export interface MapZone {
  readonly id: string;
  readonly level: number;
  readonly parent: string | null;
}

export interface MapAsset {
  readonly id: string;
  readonly zone: string;
}

export interface MapConduit {
  readonly from: string;
  readonly to: string;
  readonly protocols: readonly string[];
}

/** Relative to the zone around it, or to the map. */
export interface Box {
  readonly id: string;
  readonly parent: string | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Handle = "top" | "bottom" | "left" | "right" | "inside";

export interface Line {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly fromHandle: Handle;
  readonly toHandle: Handle;
  readonly label: string;
  /** From zone to zone, on the map; around assets and other zones. */
  readonly points: readonly Point[];
  readonly labelAt: Point;
}

export interface MapLayout {
  /** A zone always comes before what it contains. */
  readonly zones: readonly Box[];
  readonly assets: readonly Box[];
  readonly lines: readonly Line[];
}

/** "In session" and three classes stand beside each other. */
export const ASSET_WIDTH = 264;
export const ASSET_HEIGHT = 48;
const ZONE_HEAD = 32;
const ZONE_WIDTH_MIN = 288;
const ZONE_HEIGHT_MIN = 36;
const PADDING = 12;
const GAP = 10;
/** Of a usual zone; one of more is as wide as it is high, to be seen whole. */
const COLUMNS_MAX = 3;
const WIDE_FROM = 30;
const SHAPE = 1.6;
/** A zone of which only the name and the numbers are shown. */
const TILE_WIDTH = 208;
const TILE_HEIGHT = 64;
const TILE_GAP = 14;
/** Zones of one level stand side by side, so they grow downwards first. */
const ROWS_BEFORE_COLUMNS = 3;
/** Between rows of zones: room for the names of protocols on the conduits. */
const ROW_GAP = 50;
const ZONE_GAP = 36;
/** A works of two hundred halls would be one line that nobody can follow. */
const ZONES_A_ROW_MAX = 12;

interface Sized {
  readonly zone: MapZone;
  readonly isTile: boolean;
  readonly width: number;
  readonly height: number;
  readonly inner: readonly Box[];
  readonly children: readonly Sized[];
  readonly assets: readonly Box[];
}

export function layoutMap(
  zones: readonly MapZone[],
  assets: readonly MapAsset[],
  conduits: readonly MapConduit[],
  tiles: ReadonlySet<string> = new Set(),
): MapLayout {
  const known = new Set(zones.map((zone) => zone.id));
  const isTop = (zone: MapZone) => zone.parent === null || !known.has(zone.parent);
  const within = {
    assets: Map.groupBy(assets, ({ zone }) => zone),
    zones: Map.groupBy(zones, ({ parent }) => parent),
    tiles,
  };
  const sized = zones.filter(isTop).map((zone) => size(zone, within));
  const placed = placeRows(sized, null, 0, 0);
  const layout = { zones: [] as Box[], assets: [] as Box[] };
  collect(placed.boxes, sized, layout);
  return { ...layout, lines: linesOf(conduits, layout) };
}

/** By what contains them, so that ten thousand assets are looked at once and not for each zone. */
interface Within {
  readonly assets: ReadonlyMap<string, readonly MapAsset[]>;
  readonly zones: ReadonlyMap<string | null, readonly MapZone[]>;
  readonly tiles: ReadonlySet<string>;
}

/** What is inside a zone, and so how large it is; deepest first. */
function size(zone: MapZone, within: Within): Sized {
  if (within.tiles.has(zone.id)) {
    const nothing = { inner: [], children: [], assets: [] };
    return { zone, isTile: true, width: TILE_WIDTH, height: TILE_HEIGHT, ...nothing };
  }
  const own = within.assets.get(zone.id) ?? [];
  const children = (within.zones.get(zone.id) ?? []).map((child) => size(child, within));
  const grid = placeAssets(zone.id, own);
  const below = grid.bottom + (own.length > 0 && children.length > 0 ? GAP : 0);
  const rows = placeRows(children, zone.id, 0, below);
  const width = Math.max(grid.right + 2 * PADDING, rows.right + 2 * PADDING, ZONE_WIDTH_MIN);
  const bottom = children.length > 0 ? rows.bottom + PADDING : grid.bottom + (own.length && 2);
  return {
    ...{ zone, isTile: false, width },
    height: Math.max(bottom, ZONE_HEIGHT_MIN),
    inner: centred(rows, width),
    children,
    assets: centred(grid, width),
  };
}

interface Row {
  readonly zones: readonly Sized[];
  /** Below it. */
  readonly gap: number;
}

function rowsOf(level: readonly Sized[]): Row[] {
  const tiles = level.filter(({ isTile }) => isTile).length;
  const shape = (SHAPE * (TILE_HEIGHT + TILE_GAP)) / (TILE_WIDTH + TILE_GAP);
  const longest = tiles > 1 ? Math.ceil(Math.sqrt(tiles * shape)) : ZONES_A_ROW_MAX;
  const count = Math.ceil(level.length / longest);
  const length = Math.ceil(level.length / count);
  return Array.from({ length: count }, (_, at) => ({
    zones: level.slice(at * length, (at + 1) * length),
    gap: tiles > 1 && at < count - 1 ? TILE_GAP : ROW_GAP,
  }));
}

interface Placed {
  readonly boxes: readonly Box[];
  readonly right: number;
}

function centred({ boxes, right }: Placed, width: number): Box[] {
  return boxes.map((box) => ({ ...box, x: box.x + (width - right) / 2 }));
}

function placeAssets(zone: string, assets: readonly MapAsset[]) {
  const columns = columnsFor(assets.length);
  const boxes = assets.map((asset, index) => ({
    id: asset.id,
    parent: zone,
    x: (index % columns) * (ASSET_WIDTH + GAP),
    y: ZONE_HEAD + Math.floor(index / columns) * (ASSET_HEIGHT + GAP),
    width: ASSET_WIDTH,
    height: ASSET_HEIGHT,
  }));
  const rows = columns === 0 ? 0 : Math.ceil(assets.length / columns);
  return {
    boxes,
    right: columns * (ASSET_WIDTH + GAP) - (columns > 0 ? GAP : 0),
    bottom: ZONE_HEAD + rows * (ASSET_HEIGHT + GAP),
  };
}

function columnsFor(count: number): number {
  if (count <= WIDE_FROM) return Math.min(COLUMNS_MAX, Math.ceil(count / ROWS_BEFORE_COLUMNS));
  const shape = (SHAPE * (ASSET_HEIGHT + GAP)) / (ASSET_WIDTH + GAP);
  return Math.max(COLUMNS_MAX, Math.ceil(Math.sqrt(count * shape)));
}

/** One row a level, or several where it has many zones; each centred under the widest. */
function placeRows(sized: readonly Sized[], parent: string | null, left: number, top: number) {
  const levels = [...new Set(sized.map((each) => each.zone.level))].sort((a, b) => b - a);
  const rows = levels.flatMap((level) => rowsOf(sized.filter((each) => each.zone.level === level)));
  const gapOf = ({ zones }: Row) => (zones.some(({ isTile }) => isTile) ? TILE_GAP : ZONE_GAP);
  const widthOf = (row: Row) =>
    row.zones.reduce((sum, { width }) => sum + width, 0) + gapOf(row) * (row.zones.length - 1);
  const widest = Math.max(0, ...rows.map(widthOf));
  const boxes: Box[] = [];
  let y = top;
  for (const row of rows) {
    let x = left + (widest - widthOf(row)) / 2;
    for (const { zone, width, height } of row.zones) {
      boxes.push({ id: zone.id, parent, x, y, width, height });
      x += width + gapOf(row);
    }
    y += Math.max(...row.zones.map(({ height }) => height)) + row.gap;
  }
  const below = rows.at(-1)?.gap ?? 0;
  return { boxes, right: left + widest, bottom: rows.length > 0 ? y - below : top };
}

function collect(
  boxes: readonly Box[],
  sized: readonly Sized[],
  into: { zones: Box[]; assets: Box[] },
): void {
  into.zones.push(...boxes);
  for (const each of sized) {
    into.assets.push(...each.assets);
    collect(each.inner, each.children, into);
  }
}

type Boxes = Pick<MapLayout, "zones" | "assets">;

function linesOf(conduits: readonly MapConduit[], layout: Boxes): Line[] {
  const { zones } = layout;
  const zonesById = new Map(zones.map((box) => [box.id, box]));
  const byId = new Map(zones.map((box) => [box.id, absolute(box, zonesById)]));
  const assets = layout.assets.map((box) => absolute(box, zonesById));
  const named: Rect[] = [];
  return conduits.flatMap((conduit, index) => {
    const [from, to] = [byId.get(conduit.from), byId.get(conduit.to)];
    if (from === undefined || to === undefined || conduit.from === conduit.to) return [];
    const [fromHandle, toHandle] = handlesBetween(from, to);
    const id = `${conduit.from}→${conduit.to}#${index}`;
    const label = conduit.protocols.join(", ");
    // What contains an end must be entered; everything else is passed.
    const all = [...byId.values()];
    const entered = all.filter((box) => contains(box, from) || contains(box, to));
    const passed = [...all.filter((box) => !entered.includes(box)), ...assets];
    const ends = [endOf(from, fromHandle), endOf(to, toHandle)] as const;
    const points = routeBetween(...ends, passed, entered.map(headOf));
    const labelAt = labelPlace(points, label, [...passed, ...edgesOf(entered), ...named]);
    named.push(labelRect(labelAt, label));
    return [
      { id, from: conduit.from, to: conduit.to, fromHandle, toHandle, label, points, labelAt },
    ];
  });
}

function headOf(box: Box): Rect {
  return { ...box, height: ZONE_HEAD };
}

/** What of an entered zone a name must not hide: its own name, and its lower edge. */
function edgesOf(zones: readonly Box[]): Rect[] {
  return zones.flatMap((box) => [headOf(box), { ...box, y: box.y + box.height, height: 0 }]);
}

/** In the middle of a side; within a zone beside what stands in it, below its name. */
function endOf({ x, y, width, height }: Rect, handle: Handle): End {
  const [down, up] = [
    { x: 0, y: 1 },
    { x: 0, y: -1 },
  ];
  switch (handle) {
    case "top":
      return { x: x + width / 2, y, away: up };
    case "bottom":
      return { x: x + width / 2, y: y + height, away: down };
    case "left":
      return { x, y: y + height / 2, away: { x: -1, y: 0 } };
    case "right":
      return { x: x + width, y: y + height / 2, away: { x: 1, y: 0 } };
    case "inside":
      return { x: x + PADDING / 2, y: y + ZONE_HEAD, away: down };
  }
}

function absolute(box: Box, zones: ReadonlyMap<string, Box>): Box {
  const parent = zones.get(box.parent ?? "");
  if (parent === undefined) return box;
  const around = absolute(parent, zones);
  return { ...box, x: box.x + around.x, y: box.y + around.y };
}

/** The sides of two absolute boxes that face each other; `inside` is a zone's own head. */
function handlesBetween(from: Box, to: Box): readonly [Handle, Handle] {
  if (contains(from, to)) return ["inside", "top"];
  if (contains(to, from)) return ["top", "inside"];
  if (to.y >= from.y + from.height) return ["bottom", "top"];
  if (from.y >= to.y + to.height) return ["top", "bottom"];
  return to.x > from.x ? ["right", "left"] : ["left", "right"];
}

function contains(outer: Box, inner: Box): boolean {
  return (
    outer.x < inner.x &&
    outer.y < inner.y &&
    outer.x + outer.width > inner.x + inner.width &&
    outer.y + outer.height > inner.y + inner.height
  );
}
