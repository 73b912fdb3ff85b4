/** How many alarms there are, for the metrics. */
import type { Alarm } from "../store/alarms.ts";
import { type AlarmPriority, PRIORITIES } from "./alarm-kinds.ts";
import { ALARM_STATES, type AlarmState, stateOf } from "./alarm-state.ts";
import { priorityOf } from "./alarm-words.ts";

export interface AlarmCount {
  readonly priority: AlarmPriority;
  readonly state: AlarmState;
  readonly count: number;
}

/** Every priority and state, also those of which there is none. */
export function alarmCounts(alarms: readonly Alarm[]): readonly AlarmCount[] {
  const all = alarms.map((alarm) => [priorityOf(alarm), stateOf(alarm)] as const);
  return PRIORITIES.flatMap((priority) =>
    ALARM_STATES.map((state) => ({
      ...{ priority, state },
      count: all.filter(([p, s]) => p === priority && s === state).length,
    })),
  );
}

/** Of each kind that is there. */
export function alarmCountsByKind(
  alarms: readonly Alarm[],
): readonly { kind: string; priority: string; count: number }[] {
  const kinds = Map.groupBy(alarms, ({ kind }) => kind);
  return [...kinds].map(([kind, of]) => {
    const priority = of[0] ? priorityOf(of[0]) : "low";
    return { kind, priority, count: of.length };
  });
}
