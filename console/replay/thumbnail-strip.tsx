/** What the screen showed, along the time line: small pictures, one beside the other. */
import { useEffect, useMemo, useReducer, useRef } from "react";
import type { PartSource } from "./part-source.ts";
import type { Span } from "./playback.ts";
import { TapeReader } from "./tape-reader.ts";
import { type PictureSource, placesOf, ThumbnailShelf } from "./thumbnail-shelf.ts";
import type { Thumbnail } from "./thumbnails.ts";
import { placeOf } from "./time-scale.ts";
import type { PlayedRecording } from "./use-recorded-reel.ts";

export interface StripProps extends PictureSource {
  /** What is at the head comes first: nothing is made before it is there. */
  readonly ready: boolean;
}

interface ThumbnailStripProps extends StripProps {
  readonly view: Span;
  readonly width: number;
  /** Under the pointer, shown larger. */
  readonly hoverMs: number | undefined;
}

/** Room of one picture; most panels are five wide to three high. */
const PLACE_WIDTH = 84;
const PLACES_MIN = 3;
const PLACES_MAX = 16;
/** The wheel zooms in many small steps. */
const WANTED_AFTER_MS = 200;

export function ThumbnailStrip({
  detail,
  source,
  ready,
  view,
  width,
  hoverMs,
}: ThumbnailStripProps) {
  const shelf = useShelf(detail, source);
  const places = useMemo(() => placesOf(view, countIn(width)), [view, width]);
  useEffect(() => {
    if (!ready || width === 0) return;
    const timer = setTimeout(() => shelf.want(detail, places), WANTED_AFTER_MS);
    return () => clearTimeout(timer);
  }, [shelf, detail, places, ready, width]);
  const looked = hoverMs === undefined ? undefined : places.find((place) => holds(place, hoverMs));
  const larger = looked && shelf.peek(looked);
  return (
    <div className="rp-strip" data-testid="thumbnails">
      {places.map((place) => (
        <div key={place.fromMs} className="rp-thumbnail">
          <Picture thumbnail={shelf.peek(place)} />
        </div>
      ))}
      {larger && hoverMs !== undefined && (
        <div className="rp-larger" style={{ left: `${100 * inside(placeOf(view, hoverMs))}%` }}>
          <Picture thumbnail={larger} />
        </div>
      )}
    </div>
  );
}

/** One shelf, and one worker for it, as long as the recording is shown. */
function useShelf(detail: PlayedRecording, source: PartSource): ThumbnailShelf {
  const [, onChange] = useReducer((count: number) => count + 1, 0);
  const latest = useRef(detail);
  latest.current = detail;
  const { shelf, close } = useMemo(() => {
    const drawer = new TapeReader();
    const made = new ThumbnailShelf({ detail: latest.current, source, drawer, onChange });
    const end = () => {
      made.close();
      drawer.close();
    };
    return { shelf: made, close: end };
  }, [source]);
  useEffect(() => close, [close]);
  return shelf;
}

function countIn(width: number): number {
  return Math.min(PLACES_MAX, Math.max(PLACES_MIN, Math.floor(width / PLACE_WIDTH)));
}

function holds({ fromMs, untilMs }: Span, atMs: number): boolean {
  return atMs >= fromMs && atMs <= untilMs;
}

/** The larger one stays whole at both ends of the line. */
function inside(place: number): number {
  return Math.min(0.92, Math.max(0.08, place));
}

function Picture({ thumbnail }: { readonly thumbnail: Thumbnail | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !thumbnail) return;
    context.putImageData(new ImageData(thumbnail.pixels, thumbnail.width), 0, 0);
  }, [thumbnail]);
  if (!thumbnail) return null;
  return <canvas ref={canvas} width={thumbnail.width} height={thumbnail.height} />;
}
