/** What a person does with an alarm. None of it makes the alarm return to normal. */
import { z } from "zod";
import type { AlarmBook } from "../../alarms/alarm-book.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { Right } from "../../policy/rights.ts";
import type { Alarm } from "../../store/alarms.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { alarmSchema } from "../shapes/alarms.ts";
import { type SightParts, sightOf } from "./alarm-sight.ts";
import { alarmView } from "./alarm-view.ts";

/** The broker bounds it further by the alarm's priority. */
const SHELVE_MS_MAX = 12 * 3_600_000;

export interface AnswerParts extends SightParts {
  readonly alarms: AlarmBook;
}

export function acknowledgeAlarm(parts: AnswerParts) {
  return endpoint({
    summary: "Says that somebody has seen an alarm and what they do about it",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      find(parts, me, "alarm:acknowledge", params.id);
      const { alarms } = parts;
      const answered = await alarms.acknowledge(params.id, me.person, body.reason);
      return viewOf(parts, answered, "acknowledged already");
    },
  });
}

export function shelveAlarm(parts: AnswerParts) {
  return endpoint({
    summary: "Puts an alarm out of the way until a time, with a reason",
    params: idParameter,
    body: z.strictObject({
      reason: reasonText,
      forMs: z.number().int().min(60_000).max(SHELVE_MS_MAX),
    }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      find(parts, me, "alarm:shelve", params.id);
      const shelved = await parts.alarms.shelve(params.id, me.person, body);
      return viewOf(parts, shelved, "on a shelf already");
    },
  });
}

export function unshelveAlarm(parts: AnswerParts) {
  return endpoint({
    summary: "Takes an alarm from its shelf before its time",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: alarmSchema,
    handle: async ({ me, params, body }) => {
      find(parts, me, "alarm:shelve", params.id);
      const back = await parts.alarms.unshelve(params.id, me.person, body.reason);
      return viewOf(parts, back, "on no shelf");
    },
  });
}

/** @throws ApiRefused the same where there is none and where it is at a site that is not theirs */
function find(parts: AnswerParts, me: SignedIn, right: Right, id: string): void {
  const { covers } = sightOf(parts, me, right);
  if (!parts.alarms.list().some((alarm) => alarm.id === id && covers(alarm))) throw notFound();
}

function viewOf({ alarms, plant }: AnswerParts, answered: Alarm | undefined, why: string) {
  if (answered) return alarmView(alarms, plant.current(), answered);
  throw new ApiRefused(409, "changed", `This alarm is ${why}. Nothing was done.`);
}
