/** The request form's fields, and what they ask the broker for. Pure. */
import type { WeeklyWindowView } from "../../../broker/api/shapes/requests.ts";
import type { NewRequest } from "../../components/api.ts";
import { fromLocalInput } from "../../components/time-words.ts";
import { requestFormText as words } from "../../text/access.ts";

export interface Fields {
  readonly endpoint: string;
  readonly profile: string;
  readonly kind: "duration" | "window" | "weekly";
  readonly durationMs: string;
  readonly from: string;
  readonly until: string;
  readonly day: WeeklyWindowView["day"];
  readonly weekFrom: string;
  readonly weekUntil: string;
  readonly reason: string;
  readonly ticket: string;
}

export function problemOfEnd(fields: Fields, nowMs: number): string | null {
  if (fields.kind === "duration") return null;
  const untilMs = fromLocalInput(fields.until);
  if (untilMs === undefined) return words.timeMissing;
  const fromMs = fields.kind === "window" ? (fromLocalInput(fields.from) ?? nowMs) : nowMs;
  return untilMs <= Math.max(nowMs, fromMs) ? words.untilPast : null;
}

export function problemOfWeek(fields: Fields): string | null {
  return fields.kind !== "weekly" || fields.weekUntil > fields.weekFrom ? null : words.untilPast;
}

/** Of fields without a problem. */
export function wantedFrom(fields: Fields): NewRequest {
  const { endpoint, profile, reason, ticket } = fields;
  return {
    ...{ endpoints: [endpoint], profile, reason },
    ...(ticket.trim() !== "" && { ticket }),
    ...windowOf(fields),
  };
}

function windowOf(
  fields: Fields,
): Pick<NewRequest, "fromMs" | "untilMs" | "durationMs" | "weekly"> {
  if (fields.kind === "duration") return { durationMs: Number(fields.durationMs) };
  const untilMs = fromLocalInput(fields.until) ?? 0;
  if (fields.kind === "window") {
    const fromMs = fromLocalInput(fields.from);
    return { ...(fromMs !== undefined && { fromMs }), untilMs };
  }
  const { day, weekFrom: from, weekUntil: until } = fields;
  return { untilMs, weekly: [{ day, from, until }] };
}
