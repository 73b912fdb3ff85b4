/** JSON of the alarms. Times are milliseconds since the epoch. */
import { z } from "zod";

export const alarmPrioritySchema = z.enum(["urgent", "high", "low"]);
export type AlarmPriorityName = z.infer<typeof alarmPrioritySchema>;

/** `over`: returned to normal and acknowledged; in the history alone. */
export const alarmStateSchema = z.enum([
  "unacknowledged",
  "acknowledged",
  "returned",
  "shelved",
  "over",
]);
export type AlarmStateName = z.infer<typeof alarmStateSchema>;

const actSchema = z.object({ name: z.string(), atMs: z.number(), reason: z.string() });

export const alarmSchema = z.object({
  id: z.string(),
  /** Name of its kind, as in the table of kinds. */
  kind: z.string(),
  priority: alarmPrioritySchema,
  state: alarmStateSchema,
  title: z.string(),
  /** What happened, this time. */
  text: z.string(),
  consequence: z.string(),
  action: z.string(),
  session: z.string().nullable(),
  /** Id of the site of what it is about, the whole's where that is all of them; null where nobody knows. */
  site: z.string().nullable(),
  sinceMs: z.number(),
  /** Its condition was found last then, so many times. */
  lastMs: z.number(),
  count: z.number().int(),
  /** It comes and goes: it must stay away for minutes to be gone. */
  fluttering: z.boolean(),
  /** Its condition is gone since then. */
  returnedMs: z.number().nullable(),
  acknowledged: actSchema.nullable(),
  shelved: actSchema.extend({ untilMs: z.number() }).nullable(),
  /** For so long at most may it be shelved. */
  shelveMaxMs: z.number(),
  endedMs: z.number().nullable(),
});
export type AlarmView = z.infer<typeof alarmSchema>;

export const alarmKindSchema = z.object({
  name: z.string(),
  priority: alarmPrioritySchema,
  title: z.string(),
  consequence: z.string(),
  action: z.string(),
  returns: z.enum(["condition", "quiet"]),
  quietMs: z.number(),
  /** Why it is out of service by design; null while it is in service. */
  outOfService: z.string().nullable(),
});
export type AlarmKindView = z.infer<typeof alarmKindSchema>;
