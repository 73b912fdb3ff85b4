/** A grant that an administrator makes in the console, checked against the plant and the clock. Pure. */
import type { Plant } from "../plant/model.ts";
import { newId } from "../store/ids.ts";
import type { ConsoleGrant, Person } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import { AccessRefused, type NewGrant } from "./access.ts";
import { findEndpoint, findProfile } from "./reach.ts";

/** Longer needs belong into the plant file, where they are reviewed. */
const GRANT_MAX_MS = 366 * 24 * 3_600_000;
const REASON_MAX = 300;

/** @throws AccessRefused not-found, input-invalid */
export function consoleGrant(
  plant: Plant,
  by: Person,
  wanted: NewGrant,
  nowMs: number,
): ConsoleGrant {
  const { personId, endpoint, profile, fromMs, untilMs } = wanted;
  if (!findEndpoint(plant, endpoint)) throw new AccessRefused("not-found", "no such endpoint");
  if (!findProfile(plant, profile)) throw new AccessRefused("not-found", "no such profile");
  checkWindow(fromMs, untilMs, nowMs);
  const reason = plainText(wanted.reason, REASON_MAX);
  if (reason === "") throw input("A grant needs a reason.");
  return {
    ...{ id: newId(), personId, endpoint, profile, fromMs, untilMs, reason },
    ...{ createdBy: by.id, createdMs: nowMs, revokedMs: null, revokedBy: null },
    ...{ requestId: null, weekly: null, sessionsMax: null },
  };
}

function checkWindow(fromMs: number, untilMs: number, nowMs: number): void {
  if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(untilMs) || untilMs <= fromMs) {
    throw input("The grant must end after it begins.");
  }
  if (untilMs <= nowMs) throw input("The end of the grant has passed already.");
  if (untilMs - Math.max(fromMs, nowMs) > GRANT_MAX_MS) {
    throw input("A grant of the console lasts at most a year; longer ones go into the plant file.");
  }
}

function input(message: string): AccessRefused {
  return new AccessRefused("input-invalid", message);
}
