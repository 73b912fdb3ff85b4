/**
 * The play head: a pure clock over the time of a recording. The page tells it how much real time
 * passed; it says where the head is. Times are milliseconds since the epoch, as on the tape.
 */
export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
export type Speed = (typeof SPEEDS)[number];

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Playback {
  readonly atMs: number;
  readonly playing: boolean;
  readonly speed: Speed;
  readonly skipIdle: boolean;
  /** Live only: the head stays at the newest moment. */
  readonly following: boolean;
}

/** A pause longer than this is idle: shorter ones belong to the rhythm of the work. */
export const IDLE_AFTER_MS = 15_000;
/** What is left of an idle stretch at each end: after a write one wants to see the plant react. */
export const IDLE_MARGIN_MS = 5_000;

export function startAt(atMs: number): Playback {
  return { atMs, playing: false, speed: 1, skipIdle: true, following: false };
}

/** Where the head is after this much real time. It stops at the end of what there is. */
export function advance(
  playback: Playback,
  realMs: number,
  span: Span,
  idle: readonly Span[],
): Playback {
  if (playback.following) return { ...playback, atMs: span.untilMs };
  if (!playback.playing) return playback;
  let atMs = playback.atMs + Math.max(0, realMs) * playback.speed;
  if (playback.skipIdle) atMs = overIdle(playback.atMs, atMs, idle);
  if (atMs >= span.untilMs) return { ...playback, atMs: span.untilMs, playing: false };
  return { ...playback, atMs };
}

/** Moves the head; playing goes on from there, following stops. */
export function seek(playback: Playback, atMs: number, span: Span): Playback {
  const within = Math.min(Math.max(atMs, span.fromMs), span.untilMs);
  return { ...playback, atMs: within, following: false };
}

/** Play at the end starts again from the beginning. */
export function toggle(playback: Playback, span: Span): Playback {
  if (playback.playing) return { ...playback, playing: false };
  const atEnd = playback.atMs >= span.untilMs;
  const atMs = atEnd ? span.fromMs : playback.atMs;
  return { ...playback, atMs, playing: true, following: false };
}

export function faster(speed: Speed, steps: 1 | -1): Speed {
  return SPEEDS[SPEEDS.indexOf(speed) + steps] ?? speed;
}

/**
 * Stretches in which nothing but reading happened. Where nothing ever did, nothing is idle: then
 * the course of the values is what there is to see.
 * @param momentsMs times of what is worth seeing, in order
 */
export function idleSpans(momentsMs: readonly number[], span: Span): Span[] {
  if (momentsMs.length === 0) return [];
  const spans: Span[] = [];
  let lastMs = span.fromMs;
  for (const momentMs of [...momentsMs, span.untilMs]) {
    if (momentMs - lastMs > IDLE_AFTER_MS) {
      spans.push({ fromMs: lastMs + IDLE_MARGIN_MS, untilMs: momentMs - IDLE_MARGIN_MS });
    }
    lastMs = Math.max(lastMs, momentMs);
  }
  return spans;
}

/** An idle stretch takes no time, however the real time was cut into steps. */
function overIdle(fromMs: number, wantedMs: number, idle: readonly Span[]): number {
  let atMs = wantedMs;
  for (const { fromMs: beginMs, untilMs } of idle) {
    if (untilMs <= fromMs) continue;
    if (beginMs > atMs) break;
    atMs += untilMs - Math.max(beginMs, fromMs);
  }
  return atMs;
}
