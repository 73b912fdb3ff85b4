/** Where a player begins that was asked for no moment: the first at which there is something to see. */
import type { StoryShown } from "./story.ts";

/** What comes first comes in pieces: readings of several tables, a greeting and its prompt. */
const SETTLED_MS = 1_000;

/**
 * @param story of the first part
 * @param marksMs moments worth jumping to, in order: none of them is passed over
 * @returns undefined where the part shows nothing
 */
export function firstShown(story: StoryShown, marksMs: readonly number[]): number | undefined {
  const times = timesOf(story).sort((a, b) => a - b);
  const [first] = times;
  if (first === undefined) return undefined;
  const settled = times.findLast((ms) => ms <= first + SETTLED_MS) ?? first;
  const next = marksMs.find((ms) => ms > first);
  return next === undefined ? settled : Math.max(first, Math.min(settled, next - 1));
}

/** When something new stood on the stage. */
function timesOf({ header, tracks, points, terminal, screen, entries }: StoryShown): number[] {
  if (terminal) return terminal.filter(isShown).map(({ wallMs }) => wallMs);
  if (screen) {
    const pictures = screen.events.filter(isShown).map(({ wallMs }) => wallMs);
    // What a screen says first is how large it is: nothing is drawn yet.
    return screen.before ? pictures : pictures.slice(1);
  }
  const pages = entries.filter(({ kind }) => kind === "page").map(({ wallMs }) => wallMs);
  return [...pages, ...(points ?? header.tags).flatMap((tag) => tracks.since(tag) ?? [])];
}

function isShown({ kind }: { readonly kind: string }): boolean {
  return kind === "output" || kind === "frame" || kind === "picture";
}
