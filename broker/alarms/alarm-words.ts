/** What the site log says of alarms. */
import type { Alarm } from "../store/alarms.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { ALARM_KINDS, type AlarmKindName, type AlarmPriority, alarmKind } from "./alarm-kinds.ts";

/** An event about an alarm. */
export interface Said {
  readonly name: string;
  readonly text: string;
}

export const VERBS: Readonly<Record<string, string>> = {
  "alarm:acknowledged": "acknowledged",
  "alarm:shelved": "shelved",
  "alarm:unshelved": "took from its shelf",
};

export function priorityOf({ kind }: Pick<Alarm, "kind">): AlarmPriority {
  return alarmKind(kind)?.priority ?? "low";
}

export function titleOf(kind: string): string {
  return alarmKind(kind)?.title ?? kind;
}

/** `Urgent` */
export function wordOf(kind: AlarmKindName): string {
  const { priority } = ALARM_KINDS[kind];
  return priority.charAt(0).toUpperCase() + priority.slice(1);
}

/** Alarms about alarms there are none: these events never are marked as needing a person. */
export function eventOf(
  { name, text }: Said,
  subject: string | null,
  { session, asset }: Pick<Alarm, "session" | "asset">,
): NewSiteEvent {
  return {
    ...{ kind: name, text, priority: "event" },
    ...(subject === null ? {} : { subject }),
    ...(session === null ? {} : { session }),
    ...(asset === null ? {} : { about: { asset } }),
  };
}
