/**
 * Small pictures for the time line, made when they are looked at and one part after the other.
 * Where parts are shorter than the place of a picture, key frames alone are fetched; else the
 * parts that stand there, never more of them than there are places.
 */
import type { PartSource } from "./part-source.ts";
import type { Span } from "./playback.ts";
import { segmentAt } from "./segments.ts";
import { numberOf, shownParts } from "./shown-parts.ts";
import type { DrawnParts } from "./tape-reader.ts";
import type { Thumbnail } from "./thumbnails.ts";
import type { PlayedRecording } from "./use-recorded-reel.ts";

export interface Drawer {
  draw(parts: DrawnParts, times: readonly number[]): Promise<readonly Thumbnail[]>;
}

/** About 5 MB of pixels. */
const KEPT_MAX = 96;
/** A picture beside the time line is not worth more than this many parts without a key frame. */
const EARLIER_MAX = 2;

export interface PictureSource {
  readonly detail: PlayedRecording;
  readonly source: PartSource;
}

/** Where the small pictures of a recording come from; undefined for one without a screen. */
export function picturesOf(detail: PlayedRecording, source: PartSource): PictureSource | undefined {
  return detail.protocol === "vnc" && detail.segments.length > 0 ? { detail, source } : undefined;
}

/** What shows the screen in one place of the time line. */
interface Plan {
  readonly key: string;
  readonly index: number;
  /** The screen as it was before the part: its key frame is enough. */
  readonly framed: boolean;
  readonly atMs: number;
}

export class ThumbnailShelf {
  private readonly source: PartSource;
  private readonly drawer: Drawer;
  private readonly onChange: () => void;
  private detail: PlayedRecording;
  private readonly made = new Map<string, Thumbnail | undefined>();
  private wanted: readonly Plan[] = [];
  private working = false;
  private closed = false;

  constructor(parts: {
    readonly detail: PlayedRecording;
    readonly source: PartSource;
    readonly drawer: Drawer;
    readonly onChange: () => void;
  }) {
    this.detail = parts.detail;
    this.source = parts.source;
    this.drawer = parts.drawer;
    this.onChange = parts.onChange;
  }

  /** The picture of a place; until it is made, another one of that time. */
  peek(place: Span): Thumbnail | undefined {
    const { key } = planOf(this.detail, place);
    if (this.made.has(key)) return this.made.get(key);
    const { fromMs, untilMs } = place;
    return [...this.made.values()].find(
      (other) => other && other.atMs >= fromMs && other.atMs < untilMs,
    );
  }

  /** Its picture was made, or cannot be. */
  has(place: Span): boolean {
    return this.made.has(planOf(this.detail, place).key);
  }

  /** Wants the pictures of these places, and of no others any more. */
  want(detail: PlayedRecording, places: readonly Span[]): void {
    this.detail = detail;
    if (detail.segments.length === 0) return;
    this.wanted = places.map((place) => planOf(detail, place));
    if (!this.working) void this.work();
  }

  close(): void {
    this.closed = true;
    this.wanted = [];
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let plans = this.next(); plans.length > 0; plans = this.next()) {
      const drawn = await this.drawn(plans).catch(() => []);
      if (this.closed) break;
      for (const plan of plans) {
        this.made.set(
          plan.key,
          drawn.find(({ atMs }) => atMs === plan.atMs),
        );
      }
      this.drop();
      this.onChange();
    }
    this.working = false;
  }

  /** All that one part shows. */
  private next(): readonly Plan[] {
    const missing = this.wanted.filter(({ key }) => !this.made.has(key));
    const [first] = missing;
    return missing
      .filter(({ index, framed }) => index === first?.index && framed === first.framed)
      .sort((a, b) => a.atMs - b.atMs);
  }

  private async drawn(plans: readonly Plan[]): Promise<readonly Thumbnail[]> {
    const { detail, source, drawer } = this;
    const [first] = plans;
    if (!first) return [];
    const { index, framed } = first;
    const times = plans.map(({ atMs }) => atMs);
    const shown = await shownParts(source, detail, index, EARLIER_MAX);
    if (!shown) return [];
    const { frame, earlier } = shown;
    const own = framed ? [] : [await source.segment(numberOf(detail, index))];
    return drawer.draw({ frame, parts: [...earlier, ...own] }, times);
  }

  private drop(): void {
    const wanted = new Set(this.wanted.map(({ key }) => key));
    for (const key of this.made.keys()) {
      if (this.made.size <= KEPT_MAX) return;
      if (!wanted.has(key)) this.made.delete(key);
    }
  }
}

/** A part that begins in the place has a key frame; else what the middle of the place shows. */
function planOf({ segments }: PlayedRecording, { fromMs, untilMs }: Span): Plan {
  const middleMs = Math.floor((fromMs + untilMs) / 2);
  const begins = segments.findIndex(
    ({ number, firstMs }) => number > 0 && firstMs >= fromMs && firstMs < untilMs,
  );
  const framed = begins >= 0;
  const index = framed ? begins : segmentAt(segments, middleMs);
  const atMs = framed ? (segments[begins]?.firstMs ?? middleMs) : middleMs;
  return { key: `${index}/${framed ? "frame" : atMs}`, index, framed, atMs };
}

/** As many places as pictures fit, over what is seen of the time line. */
export function placesOf(view: Span, count: number): Span[] {
  const lengthMs = (view.untilMs - view.fromMs) / Math.max(1, count);
  return Array.from({ length: count }, (_, n) => ({
    fromMs: view.fromMs + n * lengthMs,
    untilMs: view.fromMs + (n + 1) * lengthMs,
  }));
}
