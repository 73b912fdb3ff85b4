/** Routes of the alarms. Part of `route-table.ts`. */
import type { AlarmBook } from "../alarms/alarm-book.ts";
import { acknowledgeAlarm, shelveAlarm, unshelveAlarm } from "./alarms/answer-alarm.ts";
import { listAlarmKinds, listAlarms, listPastAlarms } from "./alarms/list-alarms.ts";
import { forSiteTokens, guarded, type Route } from "./route.ts";

export function alarmRoutes({ alarms }: { readonly alarms: AlarmBook }): readonly Route[] {
  const one = "/api/alarms/:id";
  return [
    forSiteTokens(guarded("GET", "/api/alarms", "events:view", listAlarms(alarms))),
    guarded("GET", "/api/alarms/past", "events:view", listPastAlarms(alarms)),
    guarded("GET", "/api/alarms/kinds", "events:view", listAlarmKinds(alarms)),
    guarded("POST", `${one}/acknowledgement`, "alarm:acknowledge", acknowledgeAlarm(alarms)),
    guarded("POST", `${one}/shelf`, "alarm:shelve", shelveAlarm(alarms)),
    guarded("POST", `${one}/shelf/end`, "alarm:shelve", unshelveAlarm(alarms)),
  ];
}
