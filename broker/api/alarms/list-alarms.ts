import { z } from "zod";
import type { AlarmBook } from "../../alarms/alarm-book.ts";
import { ALARM_KIND_NAMES, ALARM_KINDS, PRIORITIES } from "../../alarms/alarm-kinds.ts";
import { endpoint } from "../endpoint.ts";
import { type AlarmView, alarmKindSchema, alarmSchema } from "../shapes/alarms.ts";
import { sightOf } from "./alarm-sight.ts";
import { alarmView } from "./alarm-view.ts";
import type { AnswerParts } from "./answer-alarm.ts";

const STATES: readonly AlarmView["state"][] = [
  "unacknowledged",
  "returned",
  "acknowledged",
  "shelved",
];

/** Id of a site: what is there, and no more of what is of all. */
const siteId = z.string().min(1).max(200);

export function listAlarms(parts: AnswerParts) {
  const { alarms, plant } = parts;
  return endpoint({
    summary: "Alarms that are not over: those that nobody has seen first, the most urgent of them",
    query: z.strictObject({ site: siteId.exactOptional() }),
    answer: z.array(alarmSchema),
    handle: ({ me, query }) => {
      const { covers } = sightOf(parts, me, "events:view", query.site);
      return alarms
        .list()
        .filter(covers)
        .map((alarm) => alarmView(alarms, plant.current(), alarm))
        .sort((a, b) => rank(a) - rank(b) || b.lastMs - a.lastMs);
    },
  });
}

function rank({ state, priority }: AlarmView): number {
  return STATES.indexOf(state) * PRIORITIES.length + PRIORITIES.indexOf(priority);
}

const page = z.strictObject({
  /** Id of the last one seen: older ones follow. */
  before: z.string().min(1).max(100).exactOptional(),
  site: siteId.exactOptional(),
});

export function listPastAlarms(parts: AnswerParts) {
  const { alarms, plant } = parts;
  return endpoint({
    summary: "Alarms that are over, newest first, at most 200 at once",
    query: page,
    answer: z.array(alarmSchema),
    handle: async ({ me, query: { site, ...page } }) => {
      const { sites } = sightOf(parts, me, "events:view", site);
      const past = await alarms.past({ ...page, ...(sites && { sites }) });
      return past.map((alarm) => alarmView(alarms, plant.current(), alarm));
    },
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
