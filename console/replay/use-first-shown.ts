import { useLayoutEffect, useRef } from "react";
import { firstShown } from "./first-shown.ts";
import type { Reel } from "./reel.ts";
import type { PlayHead } from "./use-playback.ts";

/**
 * Moves the head to the first moment that shows something once the first part is there, unless
 * somebody moved it before.
 * @param wanted false where a moment was asked for
 */
export function useFirstShown(
  wanted: boolean,
  reel: Reel,
  head: PlayHead,
  marksMs: readonly number[],
): void {
  const opened = useRef(wanted ? head.playback.atMs : undefined);
  useLayoutEffect(() => {
    if (opened.current === undefined || reel.part.state.kind !== "ready") return;
    const isThere = head.playback.atMs === opened.current && !head.playback.playing;
    opened.current = undefined;
    const [story] = reel.stories;
    const firstMs = isThere && story ? firstShown(story, marksMs) : undefined;
    if (firstMs !== undefined && firstMs > head.playback.atMs) head.seek(firstMs);
  }, [reel, head, marksMs]);
}
