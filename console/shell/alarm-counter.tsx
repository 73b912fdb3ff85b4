/** How many alarms there are, on every page: quiet while all are acknowledged. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import { alarmsQuery, isUnseen, toneOf } from "../components/alarms.ts";
import { useRight } from "../components/me.ts";
import { StateBadge, type Tone } from "../components/state-badge.tsx";
import { alarmsText as words } from "../text/alarms.ts";

const WORST_FIRST: readonly Tone[] = ["alarm", "attention", "active", "normal"];

export function AlarmCounter() {
  const mayView = useRight("events:view");
  const { data } = useQuery({ ...alarmsQuery, enabled: mayView });
  const open = data?.filter(({ state }) => state !== "shelved") ?? [];
  if (!mayView || open.length === 0) return null;
  const unseen = open.filter(isUnseen).length;
  const name = words.counter(open.length, unseen);
  return (
    <Link to="/alarms" className="sp-alarm-counter" aria-label={name} title={name}>
      <StateBadge tone={worstOf(open)} word={words.counterShort(unseen || open.length)} />
    </Link>
  );
}

function worstOf(alarms: readonly AlarmView[]): Tone {
  const tones = alarms.map(toneOf);
  return WORST_FIRST.find((tone) => tones.includes(tone)) ?? "normal";
}
