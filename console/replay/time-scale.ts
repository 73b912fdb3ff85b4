/** The mapping between the time line and the screen: zoom, pan, and where the ticks stand. */
import type { Span } from "./playback.ts";

/** Closer than this a millisecond is wider than a pixel and nothing more can be told apart. */
export const ZOOM_SPAN_MIN_MS = 500;

/** Share of the width (0–1) at which a moment stands; outside the view it is below 0 or above 1. */
export function placeOf(view: Span, atMs: number): number {
  return (atMs - view.fromMs) / Math.max(1, view.untilMs - view.fromMs);
}

export function momentAt(view: Span, place: number): number {
  return view.fromMs + place * (view.untilMs - view.fromMs);
}

/** Zooms around a moment that keeps its place. @param factor below 1 shows less time */
export function zoom(view: Span, whole: Span, aroundMs: number, factor: number): Span {
  const length = view.untilMs - view.fromMs;
  const wanted = Math.max(ZOOM_SPAN_MIN_MS, length * factor);
  if (wanted >= whole.untilMs - whole.fromMs) return whole;
  const fromMs = aroundMs - placeOf(view, aroundMs) * wanted;
  return within({ fromMs, untilMs: fromMs + wanted }, whole);
}

/** @param share of the visible time; negative goes back */
export function pan(view: Span, whole: Span, share: number): Span {
  const byMs = (view.untilMs - view.fromMs) * share;
  return within({ fromMs: view.fromMs + byMs, untilMs: view.untilMs + byMs }, whole);
}

/** Moves the view so that the head stays visible, a quarter from the left when it runs out. */
export function follow(view: Span, whole: Span, headMs: number): Span {
  const place = placeOf(view, headMs);
  if (place >= 0 && place <= 1) return view;
  return pan(view, whole, place - 0.25);
}

/** The same length, moved inside the whole. */
function within(view: Span, whole: Span): Span {
  const length = view.untilMs - view.fromMs;
  if (length >= whole.untilMs - whole.fromMs) return whole;
  const fromMs = Math.min(Math.max(view.fromMs, whole.fromMs), whole.untilMs - length);
  return { fromMs, untilMs: fromMs + length };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_MS = [
  100,
  200,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** Round moments at most this many, for labels. @param zoneMs offset of the viewer's zone */
export function ticksOf(view: Span, ticksMax: number, zoneMs: number): number[] {
  const length = view.untilMs - view.fromMs;
  const stepMs =
    STEPS_MS.find((step) => length / step <= ticksMax) ?? Math.ceil(length / ticksMax / DAY) * DAY;
  const ticks: number[] = [];
  const first = Math.ceil((view.fromMs + zoneMs) / stepMs) * stepMs - zoneMs;
  for (let tick = first; tick <= view.untilMs; tick += stepMs) ticks.push(tick);
  return ticks;
}

/**
 * How busy each of a number of equal pieces of the view is.
 * @param stretches known activity: a number of records spread evenly over a time
 */
export function densityOf(
  view: Span,
  stretches: readonly (Span & { readonly count: number })[],
  pieces: number,
): number[] {
  const density = new Array<number>(pieces).fill(0);
  for (const { fromMs, untilMs, count } of stretches) {
    const from = placeOf(view, fromMs) * pieces;
    const until = Math.max(placeOf(view, untilMs) * pieces, from + 1e-6);
    const perPiece = count / (until - from);
    const last = Math.min(pieces - 1, Math.floor(until));
    for (let piece = Math.max(0, Math.floor(from)); piece <= last; piece += 1) {
      const covered = Math.min(until, piece + 1) - Math.max(from, piece);
      density[piece] = (density[piece] ?? 0) + covered * perPiece;
    }
  }
  return density;
}
