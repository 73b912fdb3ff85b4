/** A time of an asset: the clock of today, the date before; exactly on hover. */
import { clockTime, exactUtc } from "../../components/time-words.ts";

const DAY_MS = 86_400_000;

export function Moment({ atMs }: { readonly atMs: number | undefined }) {
  if (atMs === undefined || Number.isNaN(atMs)) return "–";
  const isOld = Math.abs(Date.now() - atMs) > DAY_MS;
  const date = isOld ? `${new Date(atMs).toISOString().slice(0, 10)} ` : "";
  return (
    <span className="sp-mono" title={exactUtc(atMs)}>
      {date}
      {clockTime(atMs)}
    </span>
  );
}
