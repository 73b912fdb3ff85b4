/**
 * The states of an alarm (ISA-18.2). It returns to normal by its condition alone; it is over once
 * it has returned and somebody has acknowledged it.
 *
 *     raised -> unacknowledged --acknowledged--> acknowledged --returned--> over
 *                     |                                ^
 *                     +--returned--> returned --acknowledged--> over
 */
import type { Alarm } from "../store/alarms.ts";

export const ALARM_STATES = ["unacknowledged", "acknowledged", "returned", "shelved"] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

/** Of one that is not over. */
export function stateOf({ returnedMs, acknowledged, shelved }: Alarm): AlarmState {
  if (shelved !== null) return "shelved";
  if (returnedMs !== null) return "returned";
  return acknowledged === null ? "unacknowledged" : "acknowledged";
}

/** Its condition is there, for the first time or again. @param rings it needs a person anew */
export function found(alarm: Alarm, text: string, nowMs: number, rings: boolean): Alarm {
  const again = { ...alarm, text, lastMs: nowMs, count: alarm.count + 1, returnedMs: null };
  return rings || alarm.returnedMs !== null ? { ...again, acknowledged: null } : again;
}

export function returned(alarm: Alarm, nowMs: number): Alarm {
  return over({ ...alarm, returnedMs: nowMs }, nowMs);
}

/** One that has returned, was acknowledged and is on no shelf is over. */
export function over(alarm: Alarm, nowMs: number): Alarm {
  const { returnedMs, acknowledged, shelved } = alarm;
  const ends = returnedMs !== null && acknowledged !== null && shelved === null;
  return ends ? { ...alarm, endedMs: nowMs } : alarm;
}
