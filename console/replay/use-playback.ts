/** Runs the play head on the browser's frames. What it does is decided in `playback.ts`. */
import { useCallback, useEffect, useRef, useState } from "react";
import {
  advance,
  type Playback,
  type Span,
  type Speed,
  seek,
  startAt,
  toggle,
} from "./playback.ts";

export interface PlayHead {
  readonly playback: Playback;
  seek(atMs: number): void;
  toggle(): void;
  setSpeed(speed: Speed): void;
  setSkipIdle(skipIdle: boolean): void;
  /** Live: stay at the newest moment. */
  follow(): void;
}

/** A tab that slept must not leap: more real time than this between two frames does not count. */
const FRAME_MAX_MS = 250;

export function usePlayback(
  first: { readonly atMs: number; readonly following: boolean },
  span: Span,
  idle: readonly Span[],
): PlayHead {
  const [playback, setPlayback] = useState<Playback>(() => ({
    ...startAt(first.atMs),
    following: first.following,
  }));
  const world = useRef({ span, idle });
  world.current = { span, idle };

  useEffect(() => {
    if (!playback.playing) return;
    let lastMs = performance.now();
    let frame = requestAnimationFrame(function step(nowMs) {
      const realMs = Math.min(FRAME_MAX_MS, nowMs - lastMs);
      lastMs = nowMs;
      setPlayback((head) => advance(head, realMs, world.current.span, world.current.idle));
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [playback.playing]);

  const change = useCallback(
    (next: (head: Playback) => Playback) => setPlayback((head) => next(head)),
    [],
  );
  const head = playback.following ? { ...playback, atMs: span.untilMs } : playback;
  return {
    playback: head,
    seek: (atMs) => change((head) => seek(head, atMs, world.current.span)),
    toggle: () => change((head) => toggle(head, world.current.span)),
    setSpeed: (speed) => change((head) => ({ ...head, speed })),
    setSkipIdle: (skipIdle) => change((head) => ({ ...head, skipIdle })),
    follow: () => change((head) => ({ ...head, following: true, playing: false })),
  };
}
