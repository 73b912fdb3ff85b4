/** The time line: everything that happened, at a glance; a click, a drag or a key moves the play head. */
import { ActionIcon, Tooltip, useComputedColorScheme } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconArrowsHorizontal, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import {
  type KeyboardEvent,
  lazy,
  type PointerEvent,
  type RefObject,
  Suspense,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { clockTime } from "../components/time-words.ts";
import { type MarkWords, replayText as words } from "../text/replay.ts";
import {
  drawTimeline,
  LANES,
  TIMELINE_HEIGHT,
  type TimelineColours,
  type TimelineContent,
} from "./draw-timeline.ts";
import { MOMENT_KINDS } from "./moments.ts";
import type { Span } from "./playback.ts";
import type { StripProps } from "./thumbnail-strip.tsx";
import { follow, momentAt, placeOf, ticksOf, zoom } from "./time-scale.ts";

interface TimelineProps {
  readonly span: Span;
  readonly content: TimelineContent;
  readonly headMs: number;
  readonly onSeek: (atMs: number) => void;
  readonly marks: MarkWords;
  /** Of a screen: what it showed. */
  readonly strip?: StripProps | undefined;
}

/** Loaded where there is a screen. */
const ThumbnailStrip = lazy(async () => ({
  default: (await import("./thumbnail-strip.tsx")).ThumbnailStrip,
}));

const WHEEL_ZOOM = 1.0015;
const BUTTON_ZOOM = 0.5;
/** Room that one label of a tick needs. */
const TICK_WIDTH = 96;
/** Its text alone, pixels: with less behind it, it stands before its tick. */
const LABEL_WIDTH = 64;

export function Timeline({ span, content, headMs, onSeek, marks, strip }: TimelineProps) {
  const [zoomed, setZoomed] = useState<Span | undefined>(undefined);
  const [hoverMs, setHoverMs] = useState<number | undefined>(undefined);
  const heat = strip !== undefined;
  const shown = useMemo(() => ({ ...content, heat }), [content, heat]);
  const { ref: sized, width } = useElementSize<HTMLDivElement>();
  const wheeled = useWheel((deltaY) => zoomBy(WHEEL_ZOOM ** deltaY, hoverMs ?? headMs));
  const ref = useMergedRef(sized, wheeled);
  const view = zoomed ?? span;
  const zoomBy = (factor: number, aroundMs: number) => {
    const next = zoom(view, span, aroundMs, factor);
    setZoomed(next === span ? undefined : next);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the head takes the view along
  useEffect(() => {
    if (zoomed !== undefined) setZoomed(follow(zoomed, span, headMs));
  }, [headMs]);

  const place = (event: PointerEvent) =>
    momentAt(view, (event.clientX - left(event.currentTarget)) / Math.max(1, width));
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    setHoverMs(place(event));
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    if (event.buttons === 1) onSeek(place(event));
  };
  return (
    <div className="rp-line" data-strip={strip !== undefined || undefined}>
      <LaneNames marks={marks} screen={strip !== undefined} />
      <div
        ref={ref}
        className="rp-line-view"
        role="slider"
        tabIndex={0}
        aria-label={words.line.label}
        aria-valuemin={0}
        aria-valuemax={Math.round((span.untilMs - span.fromMs) / 1000)}
        aria-valuenow={Math.round((headMs - span.fromMs) / 1000)}
        aria-valuetext={clockTime(headMs)}
        title={words.line.help}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
        onPointerLeave={() => setHoverMs(undefined)}
        onKeyDown={(event) => onKey(event, view, span, headMs, onSeek, zoomBy)}
      >
        {strip && (
          <Suspense fallback={<div className="rp-strip" />}>
            <ThumbnailStrip {...strip} {...{ view, width, hoverMs }} />
          </Suspense>
        )}
        <Drawing view={view} width={width} content={shown} />
        <Ticks view={view} width={width} />
        <Head view={view} atMs={headMs} kind="head" />
        {hoverMs !== undefined && (
          <Head
            view={view}
            atMs={hoverMs}
            kind="hover"
            word={wordAt(marks, content, view, hoverMs, width)}
          />
        )}
      </div>
      <ZoomButtons
        zoomed={zoomed !== undefined}
        onZoom={(factor) => zoomBy(factor, headMs)}
        onAll={() => setZoomed(undefined)}
      />
    </div>
  );
}

/** React listens to the wheel passively; only a listener of one's own can keep the page still. */
function useWheel(onWheel: (deltaY: number) => void): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(onWheel);
  latest.current = onWheel;
  useEffect(() => {
    const element = place.current;
    const listener = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event.deltaY);
    };
    element?.addEventListener("wheel", listener, { passive: false });
    return () => element?.removeEventListener("wheel", listener);
  }, []);
  return place;
}

function left(element: Element): number {
  return element.getBoundingClientRect().left;
}

function onKey(
  event: KeyboardEvent,
  view: Span,
  span: Span,
  headMs: number,
  onSeek: (atMs: number) => void,
  zoomBy: (factor: number, aroundMs: number) => void,
): void {
  const stepMs = event.shiftKey ? (view.untilMs - view.fromMs) / 10 : 1000;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => onSeek(headMs - stepMs),
    ArrowRight: () => onSeek(headMs + stepMs),
    Home: () => onSeek(span.fromMs),
    End: () => onSeek(span.untilMs),
    "+": () => zoomBy(BUTTON_ZOOM, headMs),
    "-": () => zoomBy(1 / BUTTON_ZOOM, headMs),
  };
  const move = moves[event.key];
  if (move === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  move();
}

function LaneNames({ marks, screen }: { readonly marks: MarkWords; readonly screen: boolean }) {
  return (
    <div className="rp-lanes" aria-hidden>
      {screen && <span data-lane="screen">{words.line.screen}</span>}
      <span data-lane="activity">{words.line.activity}</span>
      {LANES.map((lane) => (
        <span key={lane}>{marks[lane].many}</span>
      ))}
    </div>
  );
}

function Drawing(props: { view: Span; width: number; content: TimelineContent }) {
  const { view, width, content } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme();
  const known = useRef<{ scheme: string; colours: TimelineColours } | undefined>(undefined);
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    element.width = width * devicePixelRatio;
    element.height = TIMELINE_HEIGHT * devicePixelRatio;
    context.scale(devicePixelRatio, devicePixelRatio);
    // Asking for styles costs more than the drawing; they change with the scheme alone.
    if (known.current?.scheme !== scheme) known.current = { scheme, colours: coloursOf(element) };
    drawTimeline(context, width, view, content, known.current.colours);
  }, [view, width, content, scheme]);
  return <canvas ref={canvas} className="rp-line-canvas" aria-hidden />;
}

function coloursOf(element: HTMLElement): TimelineColours {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: colour("--mantine-color-text"),
    dim: colour("--mantine-color-dimmed"),
    line: colour("--sp-line"),
    activity: colour("--sp-line-strong"),
    alarm: colour("--sp-alarm"),
    attention: colour("--sp-attention"),
    sunken: colour("--sp-attention-fill"),
  };
}

function Ticks({ view, width }: { readonly view: Span; readonly width: number }) {
  const zoneMs = -new Date(view.fromMs).getTimezoneOffset() * 60_000;
  const ticks = ticksOf(view, Math.max(2, Math.floor(width / TICK_WIDTH)), zoneMs);
  return (
    <div className="rp-ticks" aria-hidden>
      {ticks.map((tick, n) => {
        const place = placeOf(view, tick);
        const late = (1 - place) * width < LABEL_WIDTH;
        const sinceLast = (place - placeOf(view, ticks[n - 1] ?? -Infinity)) * width;
        // At the edge the label stands before its line: there it may meet the one of the line before.
        const crowded = late && sinceLast < 2 * LABEL_WIDTH;
        return (
          <span key={tick} data-late={late || undefined} style={{ left: `${place * 100}%` }}>
            {!crowded && clockTime(tick)}
          </span>
        );
      })}
    </div>
  );
}

/** Pixels beside a mark that still mean it. */
const MARK_REACH = 6;

/** What the mark under the pointer stands for. */
function wordAt(
  marks: MarkWords,
  content: TimelineContent,
  view: Span,
  atMs: number,
  width: number,
): string {
  const reachMs = (MARK_REACH / Math.max(1, width)) * (view.untilMs - view.fromMs);
  const near = content.moments.filter((moment) => Math.abs(moment.wallMs - atMs) <= reachMs);
  const kinds = MOMENT_KINDS.filter((kind) => near.some((moment) => moment.kind === kind));
  return kinds.map((kind) => marks[kind].one).join(", ");
}

interface HeadProps {
  readonly view: Span;
  readonly atMs: number;
  readonly kind: "head" | "hover";
  readonly word?: string;
}

function Head({ view, atMs, kind, word = "" }: HeadProps) {
  const place = placeOf(view, atMs);
  if (place < 0 || place > 1) return null;
  return (
    <div className="rp-head" data-kind={kind} style={{ left: `${place * 100}%` }}>
      {kind === "hover" && (
        <span data-end={place > 0.9 || undefined}>
          {word === "" ? clockTime(atMs) : `${clockTime(atMs)} · ${word}`}
        </span>
      )}
    </div>
  );
}

interface ZoomButtonsProps {
  readonly zoomed: boolean;
  readonly onZoom: (factor: number) => void;
  readonly onAll: () => void;
}

function ZoomButtons({ zoomed, onZoom, onAll }: ZoomButtonsProps) {
  const buttons = [
    { label: words.line.zoomIn, icon: IconZoomIn, act: () => onZoom(BUTTON_ZOOM), off: false },
    {
      label: words.line.zoomOut,
      icon: IconZoomOut,
      act: () => onZoom(1 / BUTTON_ZOOM),
      off: !zoomed,
    },
    { label: words.line.zoomAll, icon: IconArrowsHorizontal, act: onAll, off: !zoomed },
  ];
  return (
    <div className="rp-zoom">
      {buttons.map(({ label, icon: Icon, act, off }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon variant="subtle" aria-label={label} disabled={off} onClick={act}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
    </div>
  );
}
