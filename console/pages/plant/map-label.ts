/** Where the protocols of a conduit are written on the map: along its way, hiding nothing. Pure. */
import type { Point, Rect } from "./map-route.ts";

/** Pixels, with some room around: the text itself is measured by the browser only. */
const LETTER_WIDTH = 8.5;
const SIDES = 28;
const HEIGHT = 26;
/** Places are tried this far apart. */
const STEP = 4;

/** What a name takes up around its middle. */
export function labelRect({ x, y }: Point, label: string): Rect {
  const width = label.length * LETTER_WIDTH + SIDES;
  return { x: x - width / 2, y: y - HEIGHT / 2, width, height: HEIGHT };
}

/**
 * The place nearest to the middle of a stretch, of the longest stretch if it can be; where it
 * would hide something everywhere, the middle of the longest.
 * @param avoid what must stay to be seen
 */
export function labelPlace(points: readonly Point[], label: string, avoid: readonly Rect[]): Point {
  const stretches = points
    .flatMap((from, n) => {
      const to = points[n + 1];
      return to ? [{ from, to, length: Math.abs(to.x - from.x) + Math.abs(to.y - from.y) }] : [];
    })
    .sort((a, b) => b.length - a.length);
  for (const stretch of stretches) {
    const free = placesOn(stretch).find((place) => {
      const rect = labelRect(place, label);
      return !avoid.some((other) => overlaps(rect, other));
    });
    if (free) return free;
  }
  const longest = stretches[0];
  return longest ? between(longest, 0.5) : (points[0] ?? { x: 0, y: 0 });
}

interface Stretch {
  readonly from: Point;
  readonly to: Point;
  readonly length: number;
}

/** From the middle outwards. */
function placesOn(stretch: Stretch): Point[] {
  const places = [between(stretch, 0.5)];
  for (let off = STEP; off <= stretch.length / 2; off += STEP) {
    const part = off / stretch.length;
    places.push(between(stretch, 0.5 - part), between(stretch, 0.5 + part));
  }
  return places;
}

function between({ from, to }: Stretch, part: number): Point {
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function overlaps(a: Rect, b: Rect): boolean {
  const acrossX = a.x < b.x + b.width && b.x < a.x + a.width;
  const acrossY = a.y <= b.y + b.height && b.y <= a.y + a.height;
  return acrossX && acrossY;
}
