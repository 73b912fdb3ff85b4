/** Routes of the alarms. Part of `route-table.ts`. */
import {
  type AnswerParts,
  acknowledgeAlarm,
  shelveAlarm,
  unshelveAlarm,
} from "./alarms/answer-alarm.ts";
import { listAlarmKinds, listAlarms, listPastAlarms } from "./alarms/list-alarms.ts";
import { forCommands, forSiteTokens, guarded, type Route } from "./route.ts";

export function alarmRoutes(parts: AnswerParts): readonly Route[] {
  const one = "/api/alarms/:id";
  return [
    forSiteTokens(forCommands(guarded("GET", "/api/alarms", "events:view", listAlarms(parts)))),
    guarded("GET", "/api/alarms/past", "events:view", listPastAlarms(parts)),
    guarded("GET", "/api/alarms/kinds", "events:view", listAlarmKinds(parts.alarms)),
    guarded("POST", `${one}/acknowledgement`, "alarm:acknowledge", acknowledgeAlarm(parts)),
    guarded("POST", `${one}/shelf`, "alarm:shelve", shelveAlarm(parts)),
    guarded("POST", `${one}/shelf/end`, "alarm:shelve", unshelveAlarm(parts)),
  ];
}
