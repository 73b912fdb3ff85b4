/** The moments of a recording as they are shown: which kinds, and where each leads next. */
import { useMemo, useState } from "react";
import type { TimelineContent } from "./draw-timeline.ts";
import {
  MOMENT_KINDS,
  type Moment,
  type MomentKind,
  nextMoment,
  previousMoment,
  sequenceAt,
  withComments,
} from "./moments.ts";
import type { Reel } from "./reel.ts";
import type { PlayHead } from "./use-playback.ts";

export type Jump = (() => void) | undefined;

export interface Marks {
  /** Of the kinds that are not hidden. */
  readonly content: TimelineContent;
  readonly counts: Readonly<Record<MomentKind, number>>;
  readonly hidden: ReadonlySet<MomentKind>;
  toggle(kind: MomentKind): void;
  next(kind: MomentKind): Jump;
  previous(kind: MomentKind): Jump;
}

export interface Said {
  readonly sequence: number;
  readonly wallMs: number;
}

export function useMarks(reel: Reel, head: PlayHead, comments: readonly Said[]): Marks {
  const [jumped, setJumped] = useState<Moment | undefined>(undefined);
  const [hidden, setHidden] = useState<ReadonlySet<MomentKind>>(new Set());
  const moments = useMemo(
    () => withComments(reel.content.moments, comments),
    [reel.content.moments, comments],
  );
  const counts = useMemo(() => countsOf(moments), [moments]);
  const content = useMemo(
    () => ({ ...reel.content, moments: moments.filter(({ kind }) => !hidden.has(kind)) }),
    [reel.content, moments, hidden],
  );
  const here = sequenceAt(moments, head.playback.atMs, jumped);
  const to = (moment: Moment | undefined): Jump =>
    moment === undefined
      ? undefined
      : () => {
          setJumped(moment);
          head.seek(moment.wallMs);
        };
  return {
    ...{ content, counts, hidden },
    toggle: (kind) => setHidden(toggled(hidden, kind)),
    next: (kind) => to(nextMoment(moments, [kind], here)),
    previous: (kind) => to(previousMoment(moments, [kind], here)),
  };
}

function toggled(hidden: ReadonlySet<MomentKind>, kind: MomentKind): ReadonlySet<MomentKind> {
  const next = new Set(hidden);
  if (!next.delete(kind)) next.add(kind);
  return next;
}

function countsOf(moments: readonly Moment[]): Record<MomentKind, number> {
  const counts = Object.fromEntries(MOMENT_KINDS.map((kind) => [kind, 0])) as Record<
    MomentKind,
    number
  >;
  for (const { kind } of moments) counts[kind] += 1;
  return counts;
}
