/**
 * A state as shape, word and, only when it is abnormal, colour. `normal` is grey text on nothing;
 * `active` a filled shape, still grey; `attention` and `alarm` are the two colours there are.
 */
import {
  type Icon,
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircle,
  IconCircleFilled,
} from "@tabler/icons-react";

export type Tone = "normal" | "active" | "attention" | "alarm";

const SHAPES: Record<Tone, Icon> = {
  normal: IconCircle,
  active: IconCircleFilled,
  attention: IconAlertTriangleFilled,
  alarm: IconAlertOctagonFilled,
};

interface StateBadgeProps {
  readonly tone: Tone;
  readonly word: string;
  /** Why it is so, on hover. */
  readonly title?: string;
}

export function StateBadge({ tone, word, title }: StateBadgeProps) {
  const Shape = SHAPES[tone];
  return (
    <span className="sp-state" data-tone={tone} title={title}>
      <Shape size={tone === "normal" || tone === "active" ? 9 : 13} aria-hidden />
      <span>{word}</span>
    </span>
  );
}
