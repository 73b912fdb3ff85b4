import { type AlarmBook, shelveMaxMs } from "../../alarms/alarm-book.ts";
import { alarmKind } from "../../alarms/alarm-kinds.ts";
import { namedPlace } from "../../alarms/alarm-place.ts";
import { stateOf } from "../../alarms/alarm-state.ts";
import { priorityOf, titleOf } from "../../alarms/alarm-words.ts";
import type { Plant } from "../../plant/model.ts";
import type { Alarm } from "../../store/alarms.ts";
import type { AlarmView } from "../shapes/alarms.ts";

export function alarmView(
  book: Pick<AlarmBook, "isFluttering">,
  plant: Plant,
  alarm: Alarm,
): AlarmView {
  const { id, kind, text, session, sinceMs, lastMs, count, returnedMs, endedMs } = alarm;
  const { acknowledged: ack, shelved } = alarm;
  return {
    ...{ id, kind, text, session, sinceMs, lastMs, count, returnedMs, endedMs },
    site: namedPlace(plant, alarm),
    priority: priorityOf(alarm),
    state: endedMs === null ? stateOf(alarm) : "over",
    title: titleOf(kind),
    consequence: alarmKind(kind)?.consequence ?? "",
    action: alarmKind(kind)?.action ?? "",
    fluttering: book.isFluttering(alarm),
    acknowledged: ack && { name: ack.name, atMs: ack.atMs, reason: ack.reason },
    shelved: shelved && {
      ...{ name: shelved.name, atMs: shelved.atMs, reason: shelved.reason },
      untilMs: shelved.untilMs,
    },
    shelveMaxMs: shelveMaxMs(alarm),
  };
}
