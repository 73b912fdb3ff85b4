/**
 * Pages of a screen, recognised by a reference picture: a part of the screen that shows on this
 * page alone (its title) as mean colours of small cells, so that another pixel format or a blink
 * of one pixel does not matter. A page says where its controls lie.
 */
import { isScreen } from "./limits.ts";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ScreenRegion extends Area {
  readonly name: string;
}

export interface ScreenPage {
  readonly name: string;
  /** Of the whole screen; on another it is not this page. */
  readonly width: number;
  readonly height: number;
  readonly mark: Area & {
    /** Mean red, green and blue of each cell, row by row, in hexadecimal. */
    readonly picture: string;
  };
  readonly regions: readonly ScreenRegion[];
}

/** Pixels of a cell, each way; the last of a row and column may have fewer. */
export const CELL = 8;
/** A reference picture is a line of the plant file: cells of 200 × 120 pixels and more. */
export const CELLS_MAX = 1_024;
/** By which a mean may differ: formats of 16 bits lose up to 8 of 256. */
const DIFFERENCE_MAX = 12;

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 0xAABBGGRR */
  readonly pixels: Uint32Array;
}

export function cellsOf({ width, height }: Pick<Area, "width" | "height">): number {
  return Math.ceil(width / CELL) * Math.ceil(height / CELL);
}

/** @param area within the picture */
export function referenceOf(picture: Pixels, area: Area): string {
  let text = "";
  for (const mean of meansOf(picture, area)) text += mean.toString(16).padStart(2, "0");
  return text;
}

/** The first page that the picture shows. */
export function pageOf(picture: Pixels, pages: readonly ScreenPage[]): ScreenPage | undefined {
  return pages.find((page) => shows(picture, page));
}

function shows(picture: Pixels, { width, height, mark }: ScreenPage): boolean {
  if (picture.width !== width || picture.height !== height || !isWithin(mark, picture)) {
    return false;
  }
  let at = 0;
  for (const mean of meansOf(picture, mark)) {
    const expected = Number.parseInt(mark.picture.slice(at, at + 2), 16);
    at += 2;
    // A reference that ends too early, or is none, is of no page.
    if (!(Math.abs(mean - expected) <= DIFFERENCE_MAX)) return false;
  }
  return at === mark.picture.length;
}

export function isWithin(area: Area, screen: { readonly width: number; readonly height: number }) {
  const { x, y, width, height } = area;
  const right = x + width <= screen.width && y + height <= screen.height;
  return x >= 0 && y >= 0 && width > 0 && height > 0 && right;
}

export function contains({ x, y, width, height }: Area, atX: number, atY: number): boolean {
  return atX >= x && atY >= y && atX < x + width && atY < y + height;
}

function* meansOf(picture: Pixels, { x, y, width, height }: Area): Generator<number> {
  for (let top = y; top < y + height; top += CELL) {
    for (let left = x; left < x + width; left += CELL) {
      const cell = { left, top, right: Math.min(left + CELL, x + width) };
      yield* meanOf(picture, { ...cell, bottom: Math.min(top + CELL, y + height) });
    }
  }
}

interface Cell {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function meanOf({ width, pixels }: Pixels, { left, top, right, bottom }: Cell): readonly number[] {
  let [red, green, blue] = [0, 0, 0];
  for (let row = top; row < bottom; row += 1) {
    for (let at = row * width + left; at < row * width + right; at += 1) {
      const pixel = pixels[at] ?? 0;
      red += pixel & 255;
      green += (pixel >> 8) & 255;
      blue += (pixel >> 16) & 255;
    }
  }
  const count = (right - left) * (bottom - top);
  return [red, green, blue].map((sum) => Math.round(sum / count));
}

/** A page read of a tape or file: undefined if it is none. */
export function asPage(value: unknown): ScreenPage | undefined {
  const page = value as Partial<ScreenPage> | null;
  if (typeof page !== "object" || page === null) return undefined;
  const { name, width, height, mark, regions } = page;
  if (typeof name !== "string" || !isArea({ ...page, x: 0, y: 0 })) return undefined;
  if (!isScreen(Number(width), Number(height)) || !isArea(mark)) return undefined;
  const { picture } = mark as ScreenPage["mark"];
  if (typeof picture !== "string" || picture.length > 6 * CELLS_MAX) return undefined;
  if (!Array.isArray(regions) || !regions.every(isRegion)) return undefined;
  return page as ScreenPage;
}

function isRegion(value: unknown): boolean {
  return isArea(value) && typeof (value as { name?: unknown }).name === "string";
}

function isArea(value: unknown): boolean {
  const area = value as Partial<Area> | null | undefined;
  if (typeof area !== "object" || area === null) return false;
  return [area.x, area.y, area.width, area.height].every((each) => Number.isSafeInteger(each));
}
