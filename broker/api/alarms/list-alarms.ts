import { z } from "zod";
import type { AlarmBook } from "../../alarms/alarm-book.ts";
import { ALARM_KIND_NAMES, ALARM_KINDS, PRIORITIES } from "../../alarms/alarm-kinds.ts";
import { endpoint } from "../endpoint.ts";
import { type AlarmView, alarmKindSchema, alarmSchema } from "../shapes/alarms.ts";
import { alarmView } from "./alarm-view.ts";

const STATES: readonly AlarmView["state"][] = [
  "unacknowledged",
  "returned",
  "acknowledged",
  "shelved",
];

export function listAlarms(alarms: AlarmBook) {
  return endpoint({
    summary: "Alarms that are not over: those that nobody has seen first, the most urgent of them",
    answer: z.array(alarmSchema),
    handle: () =>
      alarms
        .list()
        .map((alarm) => alarmView(alarms, alarm))
        .sort((a, b) => rank(a) - rank(b) || b.lastMs - a.lastMs),
  });
}

function rank({ state, priority }: AlarmView): number {
  return STATES.indexOf(state) * PRIORITIES.length + PRIORITIES.indexOf(priority);
}

const page = z.strictObject({
  /** Id of the last one seen: older ones follow. */
  before: z.string().min(1).max(100).exactOptional(),
});

export function listPastAlarms(alarms: AlarmBook) {
  return endpoint({
    summary: "Alarms that are over, newest first, at most 200 at once",
    query: page,
    answer: z.array(alarmSchema),
    handle: async ({ query }) =>
      (await alarms.past(query.before)).map((alarm) => alarmView(alarms, alarm)),
  });
}

export function listAlarmKinds(alarms: AlarmBook) {
  return endpoint({
    summary: "Every kind of alarm: how urgent it is, what follows, what to do, how it returns",
    answer: z.array(alarmKindSchema),
    handle: () =>
      ALARM_KIND_NAMES.map((name) => {
        const { priority, title, consequence, action, returns, quietMs } = ALARM_KINDS[name];
        const outOfService = alarms.outOfService(name) ?? null;
        return { name, priority, title, consequence, action, returns, quietMs, outOfService };
      }),
  });
}
