/** What the player plays: a recording fetched part by part, or the tape of a live session. */
import type { Header } from "../../protocols/tape/record.ts";
import type { TimelineContent } from "./draw-timeline.ts";
import type { Span } from "./playback.ts";
import type { StoryShown } from "./story.ts";

export type PartState =
  | { readonly kind: "ready" }
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string };

export interface Reel {
  readonly header: Header | undefined;
  readonly span: Span;
  readonly content: TimelineContent;
  /** Parts at hand around the head, without a hole, in order. */
  readonly stories: readonly StoryShown[];
  /** Changes whenever the content of `stories` does. */
  readonly version: string;
  readonly part: { readonly index: number; readonly count: number; readonly state: PartState };
  /** Why a part could be read only up to a point. */
  readonly broken: string | undefined;
  retry(): void;
}
