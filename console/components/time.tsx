/** Times as people read them; the exact UTC time on hover and on keyboard focus. */
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { text } from "../text.ts";
import { useNow } from "./now.ts";
import {
  duration,
  exactUtc,
  localTime,
  localTimeToSecond,
  ownTimeZone,
  relativeTime,
  roughDuration,
  zoneThen,
} from "./time-words.ts";

interface AtProps {
  readonly atMs: number;
}

/** "3 min ago" */
export function RelativeTime({ atMs }: AtProps) {
  const nowMs = useNow();
  return <Exact atMs={atMs}>{relativeTime(atMs, nowMs)}</Exact>;
}

/** "22 Nov 2026, 03:47" */
export function LocalTime({ atMs }: AtProps) {
  return <Exact atMs={atMs}>{localTime(atMs)}</Exact>;
}

/** "22 Nov 2026, 03:47:12": where the order of things counts. */
export function LocalSecond({ atMs }: AtProps) {
  return <Exact atMs={atMs}>{localTimeToSecond(atMs)}</Exact>;
}

/** "14 min" until that moment; "0 s" once it has passed. */
export function TimeLeft({ atMs }: AtProps) {
  const nowMs = useNow();
  return <Exact atMs={atMs}>{roughDuration(atMs - nowMs)}</Exact>;
}

/** "2 h 05 min" since that moment. */
export function TimeSince({ atMs }: AtProps) {
  const nowMs = useNow();
  return <Exact atMs={atMs}>{duration(nowMs - atMs)}</Exact>;
}

/** Whose times these are: nothing where the plant's clocks show the same zone. */
export function ZoneNote({ atMs, plant }: AtProps & { readonly plant?: string }) {
  const own = ownTimeZone();
  return own === plant ? null : <span title={text.timesOf(own)}>{zoneThen(atMs)}</span>;
}

function Exact({ atMs, children }: AtProps & { readonly children: ReactNode }) {
  return (
    <Tooltip label={`${localTime(atMs)} · ${exactUtc(atMs)}`}>
      <time dateTime={new Date(atMs).toISOString()} className="sp-time">
        {children}
      </time>
    </Tooltip>
  );
}
