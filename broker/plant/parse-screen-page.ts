/**
 * Pages of a screen, as the player's "Page and regions" writes them:
 *
 *     pages:
 *       - name: Raw water
 *         screen: 800x480
 *         recognised-by: { area: "0,0 200x40", picture: 0c1d2e… }
 *         regions:
 *           - { name: Start, area: "210,220 90x60" }
 */

import { isScreen } from "../../protocols/rfb/limits.ts";
import {
  type Area,
  CELLS_MAX,
  cellsOf,
  isWithin,
  type ScreenPage,
  type ScreenRegion,
} from "../../protocols/rfb/screen-page.ts";
import { REGIONS_PER_PAGE_MAX, SCREEN_PAGES_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { list, name, shown, text } from "./yaml-readings.ts";
import { Mapping, type Reading, type Value } from "./yaml-value.ts";

type Size = Pick<Area, "width" | "height">;

/** Six digits a cell. */
const PICTURE_LENGTH_MAX = 6 * CELLS_MAX;
const GEOMETRY_LENGTH_MAX = 32;
const NOTHING: Area = { x: 0, y: 0, width: 0, height: 0 };

export function screenPages(references: References): Reading<readonly ScreenPage[]> {
  return (value) => {
    const names = new Set<string>();
    const one: Reading<ScreenPage> = (item) => page(item, names, references);
    return list(one, { min: 1, max: SCREEN_PAGES_MAX })(value);
  };
}

function page(value: Value, names: Set<string>, references: References): ScreenPage | undefined {
  const from = Mapping.read(value, "a page");
  if (!from) return undefined;
  const called = from.need("name", distinctName(names)) ?? "";
  const screen = from.need("screen", screenSize) ?? { width: 0, height: 0 };
  const mark = from.need("recognised-by", markOn(screen));
  const regions = from.need("regions", regionsOf(screen)) ?? [];
  from.finish();
  for (const region of ["*", ...regions.map((each) => each.name)]) {
    references.offer("region", `${called}/${region}`, from.place("regions"));
  }
  return mark && { name: called, ...screen, mark, regions };
}

/** Rules write it as PAGE/REGION. */
function distinctName(known: Set<string>): Reading<string> {
  return (value) => {
    const read = name(value);
    if (read === undefined) return undefined;
    if (/[/*]/.test(read)) return value.fail('a name here has no "/" and no "*"');
    if (known.has(read)) return value.fail(`"${read}" is given twice`);
    known.add(read);
    return read;
  };
}

function markOn(screen: Size): Reading<ScreenPage["mark"]> {
  return (value) => {
    const from = Mapping.read(value, "what it is recognised by");
    if (!from) return undefined;
    const area = from.need("area", areaOn(screen)) ?? NOTHING;
    const picture = from.need("picture", text(PICTURE_LENGTH_MAX)) ?? "";
    from.finish();
    const cells = cellsOf(area);
    if (area !== NOTHING && cells > CELLS_MAX) {
      from
        .place("area")
        .fail(`this area is too large to be a mark: ${cells} cells of ${CELLS_MAX}`);
    } else if (area !== NOTHING && !isPicture(picture, cells)) {
      const advice = `an area of this size has ${6 * cells} hexadecimal digits`;
      from.place("picture").fail(`this is no reference picture; ${advice}`);
    }
    return { ...area, picture };
  };
}

function isPicture(picture: string, cells: number): boolean {
  return picture.length === 6 * cells && /^[0-9a-f]*$/.test(picture);
}

function regionsOf(screen: Size): Reading<readonly ScreenRegion[]> {
  return (value) => {
    const names = new Set<string>();
    const region: Reading<ScreenRegion> = (item) => {
      const from = Mapping.read(item, "a region");
      if (!from) return undefined;
      const called = from.need("name", distinctName(names)) ?? "";
      const area = from.need("area", areaOn(screen)) ?? NOTHING;
      from.finish();
      return { name: called, ...area };
    };
    return list(region, { max: REGIONS_PER_PAGE_MAX })(value);
  };
}

const screenSize: Reading<Size> = (value) => {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(value.source ?? "");
  const size = { width: Number(match?.[1]), height: Number(match?.[2]) };
  if (match && isScreen(size.width, size.height)) return size;
  return value.fail(`${shown(value)} is not the size of a screen; write it like 800x480`);
};

function areaOn(screen: Size): Reading<Area> {
  return (value) => {
    const read = text(GEOMETRY_LENGTH_MAX)(value) ?? "";
    const match = /^(\d{1,5}),(\d{1,5}) (\d{1,5})x(\d{1,5})$/.exec(read);
    if (!match) return value.fail(`${shown(value)} is no area; write it like "210,220 90x60"`);
    const [x = 0, y = 0, width = 0, height = 0] = match.slice(1).map(Number);
    const area = { x, y, width, height };
    if (isWithin(area, screen)) return area;
    return value.fail(`this area is not on a screen of ${screen.width}x${screen.height}`);
  };
}
