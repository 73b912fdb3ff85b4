/** What a person does with an alarm. None of it makes the alarm return to normal. */
import { z } from "zod";
import type { AlarmBook } from "../../alarms/alarm-book.ts";
import type { Alarm } from "../../store/alarms.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { alarmSchema } from "../shapes/alarms.ts";
import { alarmView } from "./alarm-view.ts";

/** The broker bounds it further by the alarm's priority. */
const SHELVE_MS_MAX = 12 * 3_600_000;

export function acknowledgeAlarm(alarms: AlarmBook) {
  return endpoint({
    summary: "Says that somebody has seen an alarm and what they do about it",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      const answered = await alarms.acknowledge(params.id, me.person, body.reason);
      return alarmView(alarms, answered ?? refuse(alarms, params.id, "acknowledged already"));
    },
  });
}

export function shelveAlarm(alarms: AlarmBook) {
  return endpoint({
    summary: "Puts an alarm out of the way until a time, with a reason",
    params: idParameter,
    body: z.strictObject({
      reason: reasonText,
      forMs: z.number().int().min(60_000).max(SHELVE_MS_MAX),
    }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      const shelved = await alarms.shelve(params.id, me.person, body);
      return alarmView(alarms, shelved ?? refuse(alarms, params.id, "on a shelf already"));
    },
  });
}

export function unshelveAlarm(alarms: AlarmBook) {
  return endpoint({
    summary: "Takes an alarm from its shelf before its time",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      const back = await alarms.unshelve(params.id, me.person, body.reason);
      return alarmView(alarms, back ?? refuse(alarms, params.id, "on no shelf"));
    },
  });
}

function refuse(alarms: AlarmBook, id: string, why: string): Alarm {
  if (!alarms.list().some((alarm) => alarm.id === id)) throw notFound();
  throw new ApiRefused(409, "changed", `This alarm is ${why}. Nothing was done.`);
}
