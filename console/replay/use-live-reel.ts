/** The tape of a live session as a reel: one story that grows. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { CauseView, LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { decodeHistoryFrame } from "../../protocols/opcua/history-frame.ts";
import { decodeScreenFrame } from "../../protocols/rfb/screen-frame.ts";
import { decodeTerminalFrame } from "../../protocols/ssh/terminal-frame.ts";
import { liveSocket } from "../components/live.ts";
import { FROM_NEWEST } from "../components/live-bytes.ts";
import { nextPicture } from "../workbench/next-picture.ts";
import type { Reel } from "./reel.ts";
import { type Before, Story } from "./story.ts";
import { TapeLink, type TapeSink } from "./tape-link.ts";

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
  /** It began in the middle: what came before is in the recording. */
  readonly joined: boolean;
  again(): void;
}

export function useLiveReel({
  id: session,
  startedMs,
  protocol,
}: Pick<LiveSessionView, "id" | "startedMs" | "protocol">): LiveReel {
  const [state, setState] = useState<WatchState>({ kind: "connecting" });
  const [version, setVersion] = useState(0);
  const story = useRef<Story | undefined>(undefined);
  const link = useMemo(() => {
    let scheduled = false;
    const shown: (() => void)[] = [];
    let before: Before = {};
    const show = () => {
      scheduled = false;
      setVersion((count) => count + 1);
      for (const call of shown.splice(0)) call();
    };
    // What is shown is there at once, whatever was shown before.
    const from = FRAMED.has(protocol) ? FROM_NEWEST : 0;
    const sink: TapeSink = {
      watching: () => setState({ kind: "watching" }),
      away: () => setState({ kind: "away" }),
      refused: (answer) => setState({ kind: "refused", ...answer }),
      over: (cause) => setState({ kind: "over", cause }),
      frame: (frame) => {
        before = beforeIn(protocol, frame);
      },
      records: (header, records, done) => {
        story.current ??= new Story(header, before);
        story.current.push(records);
        story.current.trim(ENTRIES_MAX);
        shown.push(done);
        if (!scheduled) nextPicture(show);
        scheduled = true;
      },
    };
    return new TapeLink(liveSocket(), session, sink, from);
  }, [session, protocol]);
  useEffect(() => {
    link.start();
    return () => link.close();
  }, [link]);

  const reel = useMemo(
    () => reelOf(story.current, startedMs, String(version), state, () => link.watch()),
    [version, startedMs, state, link],
  );
  return { reel, state, ...told(story.current), again: () => link.watch() };
}

const FRAMED: ReadonlySet<string> = new Set(["vnc", "ssh", "opcua"]);

function beforeIn(protocol: string, frame: Uint8Array): Before {
  if (protocol === "ssh") return { terminals: decodeTerminalFrame(frame) };
  if (protocol === "opcua") return { nodes: decodeHistoryFrame(frame) };
  return { screen: decodeScreenFrame(frame) };
}

function told(story: Story | undefined): Pick<LiveReel, "dropped" | "joined"> {
  return { dropped: story?.dropped ?? 0, joined: (story?.firstSequence ?? 0) > 0 };
}

function reelOf(
  story: Story | undefined,
  startedMs: number,
  version: string,
  state: WatchState,
  retry: () => void,
): Reel {
  const isTail = story !== undefined && (story.dropped > 0 || story.firstSequence > 0);
  const fromMs = isTail ? story.firstMs : startedMs;
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
