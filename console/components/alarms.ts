/** What the console asks about alarms. */
import { queryOptions } from "@tanstack/react-query";
import type {
  AlarmKindView,
  AlarmPriorityName,
  AlarmView,
} from "../../broker/api/shapes/alarms.ts";
import { ask } from "./http.ts";
import { useMe } from "./me.ts";
import type { Tone } from "./state-badge.tsx";

const part = encodeURIComponent;

export const alarmsQuery = queryOptions({
  queryKey: ["alarms"],
  queryFn: () => ask<AlarmView[]>("GET", "/api/alarms"),
});

export const alarmKindsQuery = queryOptions({
  queryKey: ["alarm-kinds"],
  queryFn: () => ask<AlarmKindView[]>("GET", "/api/alarms/kinds"),
});

/** @param site its id; empty: of all */
export function pastAlarms(before: string | undefined, site: string): Promise<AlarmView[]> {
  const query = [
    ...(before === undefined ? [] : [`before=${part(before)}`]),
    ...(site === "" ? [] : [`site=${part(site)}`]),
  ].join("&");
  return ask("GET", `/api/alarms/past${query && `?${query}`}`);
}

export function acknowledgeAlarm(id: string, reason: string): Promise<AlarmView> {
  return ask("POST", `/api/alarms/${part(id)}/acknowledgement`, { reason });
}

export function shelveAlarm(id: string, reason: string, forMs: number): Promise<AlarmView> {
  return ask("POST", `/api/alarms/${part(id)}/shelf`, { reason, forMs });
}

export function unshelveAlarm(id: string, reason: string): Promise<AlarmView> {
  return ask("POST", `/api/alarms/${part(id)}/shelf/end`, { reason });
}

/** The whole and those within it, where this broker serves several; else none. */
export function useAlarmSites(): readonly { readonly id: string; readonly name: string }[] {
  const { site, sites } = useMe();
  return sites.length === 0 ? [] : [...sites, site];
}

/** Nobody has said yet that they saw it. */
export function isUnseen({ state }: AlarmView): boolean {
  return state === "unacknowledged" || state === "returned";
}

const TONES: Record<AlarmPriorityName, Tone> = {
  urgent: "alarm",
  high: "attention",
  low: "active",
};

/** Colour is for what nobody has seen yet. */
export function toneOf(alarm: AlarmView): Tone {
  return alarm.state === "unacknowledged" ? TONES[alarm.priority] : "normal";
}
