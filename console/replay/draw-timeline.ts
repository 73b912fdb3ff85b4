/** Draws the time line of a recording on a canvas: how busy it was, and where the moments are. */
import type { Moment, MomentKind } from "./moments.ts";
import type { Span } from "./playback.ts";
import { densityOf, placeOf } from "./time-scale.ts";

export interface TimelineContent {
  /** Known activity: numbers of records over stretches of time. */
  readonly activity: readonly (Span & { readonly count: number })[];
  readonly moments: readonly Moment[];
  readonly gaps: readonly Span[];
  /** How much was pressed is shown as warmth above the rest: where a person's hand is at work. */
  readonly heat?: boolean;
}

export interface TimelineColours {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly activity: string;
  readonly alarm: string;
  readonly attention: string;
  readonly sunken: string;
}

/** CSS pixels from the top; the names of the lanes stand beside in HTML. */
export const LANE_HEIGHT = 18;
export const LANES: readonly MomentKind[] = ["write", "refusal", "hold", "capabilities", "comment"];
export const ACTIVITY_HEIGHT = 26;
export const TICKS_HEIGHT = 18;
export const TIMELINE_HEIGHT = ACTIVITY_HEIGHT + LANES.length * LANE_HEIGHT + TICKS_HEIGHT;

/** Half the width of a mark, in pixels. */
const MARK_SIZE = 5;

/** Pixels a column of the density is wide. */
const COLUMN_WIDTH = 3;

export function drawTimeline(
  context: CanvasRenderingContext2D,
  width: number,
  view: Span,
  content: TimelineContent,
  colours: TimelineColours,
): void {
  context.clearRect(0, 0, width, TIMELINE_HEIGHT);
  drawGaps(context, width, view, content.gaps, colours);
  drawActivity(context, width, view, content, colours);
  if (content.heat) drawHeat(context, width, view, content.moments, colours);
  drawLanes(context, width, colours);
  drawMoments(context, width, view, content.moments, colours);
}

function drawGaps(
  context: CanvasRenderingContext2D,
  width: number,
  view: Span,
  gaps: readonly Span[],
  colours: TimelineColours,
): void {
  for (const gap of gaps) {
    const from = placeOf(view, gap.fromMs) * width;
    const length = Math.max(2, placeOf(view, gap.untilMs) * width - from);
    context.fillStyle = colours.sunken;
    context.fillRect(from, 0, length, TIMELINE_HEIGHT - TICKS_HEIGHT);
    context.strokeStyle = colours.attention;
    context.setLineDash([4, 3]);
    context.strokeRect(from + 0.5, 0.5, length - 1, TIMELINE_HEIGHT - TICKS_HEIGHT - 1);
    context.setLineDash([]);
  }
}

function drawActivity(
  context: CanvasRenderingContext2D,
  width: number,
  view: Span,
  { activity, heat }: TimelineContent,
  colours: TimelineColours,
): void {
  const room = heat ? HEAT_HEIGHT + 3 : 4;
  const density = densityOf(view, activity, Math.max(1, Math.floor(width / COLUMN_WIDTH)));
  const most = Math.max(1, ...density);
  context.fillStyle = colours.activity;
  density.forEach((count, column) => {
    if (count === 0) return;
    // The square root keeps a single operation visible beside a thousand polls.
    const height = Math.max(1, Math.sqrt(count / most) * (ACTIVITY_HEIGHT - room));
    context.fillRect(column * COLUMN_WIDTH, ACTIVITY_HEIGHT - height, COLUMN_WIDTH - 1, height);
  });
}

/** Pressed, refused and held alike: the hand was there. */
const HAND: ReadonlySet<MomentKind> = new Set(["write", "refusal", "hold"]);
const HEAT_HEIGHT = 5;
const END_DASH = 4;
const HEAT_COLUMN = 6;

/** Its own row, so that it is never colour alone: the lanes below have the same as shapes. */
function drawHeat(
  context: CanvasRenderingContext2D,
  width: number,
  view: Span,
  moments: readonly Moment[],
  colours: TimelineColours,
): void {
  const pressed = moments.filter(({ kind }) => HAND.has(kind));
  const stretches = pressed.map(({ wallMs }) => ({ fromMs: wallMs, untilMs: wallMs, count: 1 }));
  const heat = densityOf(view, stretches, Math.max(1, Math.floor(width / HEAT_COLUMN)));
  const most = Math.max(1, ...heat);
  context.fillStyle = colours.text;
  heat.forEach((count, column) => {
    if (count === 0) return;
    context.globalAlpha = 0.25 + 0.75 * (count / most);
    context.fillRect(column * HEAT_COLUMN, 0, HEAT_COLUMN, HEAT_HEIGHT);
  });
  context.globalAlpha = 1;
}

function drawLanes(
  context: CanvasRenderingContext2D,
  width: number,
  colours: TimelineColours,
): void {
  context.fillStyle = colours.line;
  for (let lane = 0; lane <= LANES.length; lane += 1) {
    context.fillRect(0, ACTIVITY_HEIGHT + lane * LANE_HEIGHT, width, 1);
  }
}

function drawMoments(
  context: CanvasRenderingContext2D,
  width: number,
  view: Span,
  moments: readonly Moment[],
  colours: TimelineColours,
): void {
  const drawn = new Set<string>();
  for (const moment of moments) {
    const place = placeOf(view, moment.wallMs);
    if (place < 0 || place > 1) continue;
    // The first and the last mark must not be cut in half by the edge.
    const x = Math.min(width - MARK_SIZE, Math.max(MARK_SIZE, Math.round(place * width)));
    const key = `${moment.kind} ${x}`;
    if (drawn.has(key)) continue;
    drawn.add(key);
    if (moment.kind === "end") drawEnd(context, x, colours);
    // An answer stands in the lane of what it answers, in a shape of its own.
    const lane = LANES.indexOf(moment.kind === "answer" ? "hold" : moment.kind);
    if (lane < 0) continue;
    const y = ACTIVITY_HEIGHT + (lane + 0.5) * LANE_HEIGHT;
    drawMark(context, moment.kind, x, y, colours);
  }
}

/** Broken: the play head is a line too. */
function drawEnd(context: CanvasRenderingContext2D, x: number, colours: TimelineColours): void {
  context.fillStyle = colours.text;
  for (let y = 0; y < TIMELINE_HEIGHT - TICKS_HEIGHT; y += 2 * END_DASH) {
    context.fillRect(x - 2, y, 2, END_DASH);
  }
}

/** A shape for each kind, so that colour is never the only difference. */
function drawMark(
  context: CanvasRenderingContext2D,
  kind: MomentKind,
  x: number,
  y: number,
  colours: TimelineColours,
): void {
  context.lineWidth = 2;
  context.beginPath();
  switch (kind) {
    case "write":
      context.fillStyle = colours.text;
      context.moveTo(x - 4, y + 4);
      context.lineTo(x, y - 4);
      context.lineTo(x + 4, y + 4);
      context.fill();
      break;
    case "refusal":
      context.strokeStyle = colours.alarm;
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x + 4, y - 4);
      context.lineTo(x - 4, y + 4);
      context.stroke();
      break;
    case "comment":
      context.fillStyle = colours.text;
      context.arc(x, y - 1, 4, 0, 2 * Math.PI);
      context.fill();
      context.fillRect(x - 4, y - 1, 4, 5);
      break;
    case "hold":
      context.fillStyle = colours.attention;
      context.moveTo(x, y - 5);
      context.lineTo(x + 5, y);
      context.lineTo(x, y + 5);
      context.lineTo(x - 5, y);
      context.fill();
      break;
    case "answer":
      context.strokeStyle = colours.text;
      context.moveTo(x - 4, y);
      context.lineTo(x - 1, y + 4);
      context.lineTo(x + 5, y - 4);
      context.stroke();
      break;
    default:
      context.strokeStyle = colours.dim;
      context.rect(x - 3, y - 3, 6, 6);
      context.stroke();
  }
}
