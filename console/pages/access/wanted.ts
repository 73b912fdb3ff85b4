/** The request form's fields, and what they ask the broker for. Pure. */
import type { WeeklyWindowView } from "../../../broker/api/shapes/requests.ts";
import type { NewRequest } from "../../components/api.ts";
import { fromLocalInput } from "../../components/time-words.ts";
import { requestFormText as words } from "../../text/access.ts";

export interface Fields {
  /** One or several; an empty one is not chosen yet. */
  readonly endpoints: readonly string[];
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
  /** Live sessions at a time; empty for no limit. */
  readonly sessionsMax: string;
}

/** By place, as the form shows them: the first that is missing, or is there twice. */
export function problemOfEndpoints(endpoints: readonly string[], at: number): string | null {
  const chosen = endpoints[at] ?? "";
  if (chosen === "") return words.endpointMissing;
  return endpoints.indexOf(chosen) < at ? words.endpointTwice : null;
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
  const { endpoints, profile, reason, ticket, sessionsMax } = fields;
  return {
    ...{ endpoints, profile, reason },
    ...(sessionsMax !== "" && { sessionsMax: Number(sessionsMax) }),
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
