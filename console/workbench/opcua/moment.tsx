/** A time of an asset: the clock of today, the date before; exactly on hover. */
import { clockTime, exactClockTime, exactUtc, localDate } from "../../components/time-words.ts";

const DAY_MS = 86_400_000;

interface MomentProps {
  readonly atMs: number | undefined;
  /** Where several fall into one second. */
  readonly withMs?: true;
}

export function Moment({ atMs, withMs }: MomentProps) {
  if (atMs === undefined || Number.isNaN(atMs)) return "–";
  const isOld = Math.abs(Date.now() - atMs) > DAY_MS;
  const date = isOld ? `${localDate(atMs)} ` : "";
  return (
    <span className="sp-mono" title={exactUtc(atMs)}>
      {date}
      {withMs ? exactClockTime(atMs) : clockTime(atMs)}
    </span>
  );
}
