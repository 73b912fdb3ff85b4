/** What somebody asks for, checked against the plant and the clock. Throws words for people. */
import { newId } from "../store/ids.ts";
import type { AccessRequest, Person } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import { AccessRefused } from "./access.ts";
import type { MoreTime, NewRequest } from "./requests.ts";
import { problemOfWindow } from "./weekly-window.ts";

/** One job touches a handful of assets; more is several jobs. */
const ENDPOINTS_MAX = 20;
const WEEKLY_MAX = 14;
const SESSIONS_MAX = 50;
const DURATION_MIN_MS = 5 * 60_000;
/** Longer than a month is a standing right: it belongs into the plant file. */
const DURATION_MAX_MS = 31 * 24 * 3_600_000;
/** With weekly windows a maintenance contract of a year is one request. */
const WINDOW_MAX_MS = 366 * 24 * 3_600_000;
/** More time in a session is for finishing, not for another shift. */
const MORE_TIME_MAX_MS = 12 * 3_600_000;
/** A request that nobody answers for a week is about yesterday's problem. */
const WAITING_MS = 7 * 24 * 3_600_000;
const REASON_MAX = 300;
const TICKET_MAX = 60;

export interface RequestHead {
  readonly person: Person;
  readonly by: Person;
  readonly nowMs: number;
}

export function requestFrom(wanted: NewRequest, head: RequestHead): AccessRequest {
  const { nowMs } = head;
  const endpoints = [...new Set(wanted.endpoints)];
  if (endpoints.length === 0 || endpoints.length > ENDPOINTS_MAX) {
    throw input(`A request is for 1 to ${ENDPOINTS_MAX} endpoints.`);
  }
  const fromMs = wanted.fromMs ?? null;
  const untilMs = wanted.untilMs ?? null;
  const durationMs = wanted.durationMs ?? null;
  checkWindow(fromMs, untilMs, durationMs, nowMs);
  const weekly = weeklyFrom(wanted.weekly, untilMs);
  const sessionsMax = wanted.sessionsMax ?? null;
  if (sessionsMax !== null && !isWhole(sessionsMax, 1, SESSIONS_MAX)) {
    throw input(`At most ${SESSIONS_MAX} sessions at a time can be asked for.`);
  }
  return {
    ...base(head, wanted.reason),
    ...{ endpoints, profile: wanted.profile, fromMs, untilMs, durationMs, weekly, sessionsMax },
    grantId: null,
    ticket: plainText(wanted.ticket ?? "", TICKET_MAX),
    expiresMs: Math.min(nowMs + WAITING_MS, untilMs ?? Number.POSITIVE_INFINITY),
  };
}

/** It waits no longer than the grant lasts: what has ended is asked for anew. */
export function moreTimeFrom(
  wanted: MoreTime,
  grant: {
    readonly id: string;
    readonly endpoint: string;
    readonly profile: string;
    readonly untilMs: number;
  },
  head: RequestHead,
): AccessRequest {
  if (!isWhole(wanted.durationMs, DURATION_MIN_MS, MORE_TIME_MAX_MS)) {
    throw input("More time is 5 minutes to 12 hours.");
  }
  return {
    ...base(head, wanted.reason),
    ...{ endpoints: [grant.endpoint], profile: grant.profile, grantId: grant.id },
    ...{ fromMs: null, untilMs: null, durationMs: wanted.durationMs },
    ...{ weekly: null, sessionsMax: null, ticket: "" },
    expiresMs: Math.min(head.nowMs + WAITING_MS, grant.untilMs),
  };
}

function base({ person, by, nowMs }: RequestHead, text: string) {
  const reason = plainText(text, REASON_MAX);
  if (reason === "") throw input("A request needs a reason.");
  return {
    ...{ id: newId(), personId: person.id, requestedBy: by.id, reason },
    ...({ createdMs: nowMs, state: "waiting", stateMs: nowMs } as const),
  };
}

function checkWindow(
  fromMs: number | null,
  untilMs: number | null,
  durationMs: number | null,
  nowMs: number,
): void {
  if ((untilMs === null) === (durationMs === null)) {
    throw input("Say either until when or for how long.");
  }
  if (durationMs !== null && !isWhole(durationMs, DURATION_MIN_MS, DURATION_MAX_MS)) {
    throw input("A duration is 5 minutes to 31 days.");
  }
  if (fromMs !== null && !isWhole(fromMs, 0, nowMs + WINDOW_MAX_MS)) {
    throw input("The beginning is too far away.");
  }
  if (untilMs === null) return;
  if (!Number.isSafeInteger(untilMs) || untilMs <= Math.max(nowMs, fromMs ?? 0)) {
    throw input("The end must lie ahead, and after the beginning.");
  }
  if (untilMs - Math.max(nowMs, fromMs ?? 0) > WINDOW_MAX_MS) {
    throw input("A request is for a year at most.");
  }
}

function weeklyFrom(windows: NewRequest["weekly"], untilMs: number | null) {
  if (windows === undefined || windows.length === 0) return null;
  if (windows.length > WEEKLY_MAX) throw input(`At most ${WEEKLY_MAX} weekly windows are taken.`);
  if (untilMs === null) throw input("Weekly windows need a date until when they come back.");
  for (const window of windows) {
    const problem = problemOfWindow(window);
    if (problem) throw input(problem);
  }
  return windows.map(({ day, from, until }) => ({ day, from, until }));
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function input(message: string): AccessRefused {
  return new AccessRefused("input-invalid", message);
}
