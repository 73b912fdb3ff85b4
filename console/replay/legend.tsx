/**
 * What the marks of the time line mean and how many there are; each kind can be hidden, and leads
 * to its next and previous moment.
 */
import {
  type Icon,
  IconBan,
  IconBoxAlignLeft,
  IconCheck,
  IconChevronLeft,
  IconChevronRight,
  IconDiamondFilled,
  IconMessageFilled,
  IconSquare,
  IconSquareRoundedX,
  IconTriangleFilled,
} from "@tabler/icons-react";
import { type MarkWords, replayText } from "../text/replay.ts";
import { MOMENT_KINDS, type MomentKind } from "./moments.ts";

const words = replayText.legend;

/** As `draw-timeline.ts` draws them. */
const SHAPES: Readonly<Record<MomentKind, Icon>> = {
  write: IconTriangleFilled,
  refusal: IconBan,
  hold: IconDiamondFilled,
  answer: IconCheck,
  capabilities: IconSquare,
  comment: IconMessageFilled,
  gap: IconBoxAlignLeft,
  end: IconSquareRoundedX,
};

export type Jump = (() => void) | undefined;

interface LegendProps {
  readonly marks: MarkWords;
  readonly counts: Readonly<Record<MomentKind, number>>;
  readonly hidden: ReadonlySet<MomentKind>;
  readonly onToggle: (kind: MomentKind) => void;
  readonly next: (kind: MomentKind) => Jump;
  readonly previous: (kind: MomentKind) => Jump;
}

/** Kinds that are there; the four that every session can have always are. */
const ALWAYS: ReadonlySet<MomentKind> = new Set(["write", "refusal", "hold", "capabilities"]);

export function Legend({ marks, counts, hidden, onToggle, next, previous }: LegendProps) {
  return (
    <fieldset className="rp-legend" aria-label={words.label}>
      {MOMENT_KINDS.filter((kind) => ALWAYS.has(kind) || counts[kind] > 0).map((kind) => (
        <Kind
          key={kind}
          kind={kind}
          called={marks[kind]}
          count={counts[kind]}
          shown={!hidden.has(kind)}
          onToggle={() => onToggle(kind)}
          next={next(kind)}
          previous={previous(kind)}
        />
      ))}
    </fieldset>
  );
}

interface KindProps {
  readonly kind: MomentKind;
  readonly called: MarkWords[MomentKind];
  readonly count: number;
  readonly shown: boolean;
  readonly onToggle: () => void;
  readonly next: Jump;
  readonly previous: Jump;
}

function Kind({ kind, called, count, shown, onToggle, next, previous }: KindProps) {
  const Shape = SHAPES[kind];
  const { one, many } = called;
  return (
    <span className="rp-kind">
      <Step label={words.previous(one)} icon={IconChevronLeft} act={previous} />
      <button
        type="button"
        aria-pressed={shown}
        title={words.show(many, count)}
        disabled={count === 0}
        onClick={onToggle}
      >
        <Shape size={11} data-kind={kind} aria-hidden />
        <span>{many}</span> <span>{count}</span>
      </button>
      <Step label={words.next(one)} icon={IconChevronRight} act={next} />
    </span>
  );
}

function Step({ label, icon: Shape, act }: { label: string; icon: Icon; act: Jump }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={act === undefined}
      onClick={() => act?.()}
    >
      <Shape size={13} aria-hidden />
    </button>
  );
}
