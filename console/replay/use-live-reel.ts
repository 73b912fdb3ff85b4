/** The tape of a live session as a reel: one story that grows. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import { liveSocket } from "../components/live.ts";
import { nextPicture } from "../workbench/next-picture.ts";
import type { Reel } from "./reel.ts";
import { Story } from "./story.ts";
import { TapeLink } from "./tape-link.ts";

/** Entries kept of a session that is watched; the recording keeps all. */
const ENTRIES_MAX = 20_000;

export type WatchState =
  | { readonly kind: "connecting" }
  | { readonly kind: "watching" }
  | { readonly kind: "away" }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "over"; readonly cause: CauseView };

export interface LiveReel {
  readonly reel: Reel;
  readonly state: WatchState;
  /** Entries that are not kept here any more. */
  readonly dropped: number;
  again(): void;
}

export function useLiveReel(session: string, startedMs: number): LiveReel {
  const [state, setState] = useState<WatchState>({ kind: "connecting" });
  const [version, setVersion] = useState(0);
  const story = useRef<Story | undefined>(undefined);
  const link = useMemo(() => {
    let scheduled = false;
    const shown: (() => void)[] = [];
    const show = () => {
      scheduled = false;
      setVersion((count) => count + 1);
      for (const call of shown.splice(0)) call();
    };
    return new TapeLink(liveSocket(), session, {
      watching: () => setState({ kind: "watching" }),
      away: () => setState({ kind: "away" }),
      refused: (answer) => setState({ kind: "refused", ...answer }),
      over: (cause) => setState({ kind: "over", cause }),
      records: (header, records, done) => {
        story.current ??= new Story(header);
        story.current.push(records);
        story.current.trim(ENTRIES_MAX);
        shown.push(done);
        if (!scheduled) nextPicture(show);
        scheduled = true;
      },
    });
  }, [session]);
  useEffect(() => {
    link.start();
    return () => link.close();
  }, [link]);

  const reel = useMemo(
    () => reelOf(story.current, startedMs, String(version), state, () => link.watch()),
    [version, startedMs, state, link],
  );
  return { reel, state, dropped: story.current?.dropped ?? 0, again: () => link.watch() };
}

function reelOf(
  story: Story | undefined,
  startedMs: number,
  version: string,
  state: WatchState,
  retry: () => void,
): Reel {
  const fromMs = story && story.dropped > 0 ? story.firstMs : startedMs;
  const { activity, moments, gaps } = story ?? { activity: [], moments: [], gaps: [] };
  return {
    header: story?.header,
    span: { fromMs, untilMs: Math.max(story?.lastMs ?? 0, fromMs + 1) },
    content: { activity, moments: [...moments], gaps },
    stories: story ? [story] : [],
    version,
    part: {
      index: 0,
      count: 1,
      state: story || state.kind === "refused" ? { kind: "ready" } : { kind: "loading" },
    },
    broken: undefined,
    retry,
  };
}
