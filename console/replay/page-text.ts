/** A page of a screen as the plant file has it, from what somebody marked on its picture. */
import {
  type Area,
  CELLS_MAX,
  cellsOf,
  type Pixels,
  referenceOf,
} from "../../protocols/rfb/screen-page.ts";

export interface MarkedArea extends Area {
  readonly name: string;
}

/** @param areas the first is what the page is recognised by; the others are its regions */
export function pageText(name: string, picture: Pixels, areas: readonly MarkedArea[]): string {
  const [mark, ...regions] = areas;
  if (!mark) return "";
  const lines = [
    `- name: ${JSON.stringify(name)}`,
    `  screen: ${picture.width}x${picture.height}`,
    "  recognised-by:",
    `    area: "${areaText(mark)}"`,
    `    picture: "${referenceOf(picture, mark)}"`,
    regions.length === 0 ? "  regions: []" : "  regions:",
    ...regions.map(
      (region) => `    - { name: ${JSON.stringify(region.name)}, area: "${areaText(region)}" }`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

export function areaText({ x, y, width, height }: Area): string {
  return `${x},${y} ${width}x${height}`;
}

/** The area between two places of the hand, on the screen and not empty. */
export function areaBetween(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
  screen: { readonly width: number; readonly height: number },
): Area {
  const within = (value: number, most: number) =>
    Math.max(0, Math.min(most - 1, Math.floor(value)));
  const [left, right] = [from.x, to.x].map((x) => within(x, screen.width)).sort((a, b) => a - b);
  const [top, bottom] = [from.y, to.y].map((y) => within(y, screen.height)).sort((a, b) => a - b);
  const [x = 0, y = 0] = [left, top];
  return { x, y, width: (right ?? x) - x + 1, height: (bottom ?? y) - y + 1 };
}

export function isTooLarge(mark: Area): boolean {
  return cellsOf(mark) > CELLS_MAX;
}
