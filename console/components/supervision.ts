/** Freezing, holds and locks: the broker's addresses for them, and their lists. */
import { queryOptions } from "@tanstack/react-query";
import type { HoldAnswerBody, HoldResultView, HoldView } from "../../broker/api/shapes/holds.ts";
import type { LockKindName, LockView } from "../../broker/api/shapes/locks.ts";
import { supervisionText } from "../text/supervision.ts";
import type { EndReportView } from "./api.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const part = encodeURIComponent;
const { altered } = supervisionText.holds;

export const holdsQuery = queryOptions({
  queryKey: ["holds"],
  queryFn: () => ask<HoldView[]>("GET", "/api/holds"),
});
export const locksQuery = queryOptions({
  queryKey: ["locks"],
  queryFn: () => ask<LockView[]>("GET", "/api/locks"),
});

export function freezeSession(id: string, reason: string): Promise<EndReportView> {
  return ask("POST", `/api/sessions/${part(id)}/freeze`, { reason });
}

export function resumeSession(id: string, reason: string): Promise<void> {
  return ask("POST", `/api/sessions/${part(id)}/resume`, { reason });
}

/** One touch: the passkey signs exactly what is shown. */
export async function answerHold(id: string, answer: HoldAnswerBody): Promise<HoldResultView> {
  const path = `/api/holds/${part(id)}`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, answer);
  return ask("POST", path, { ...answer, ...(await signAction(toSign, altered)) });
}

export interface WriteWanted {
  readonly unit: number;
  readonly table: "coils" | "holding-registers";
  readonly address: number;
  readonly values: readonly number[];
}

/** Puts a write before a second person that the owner's own tool will send later. */
export function askBeforehand(session: string, write: WriteWanted): Promise<HoldView> {
  return ask("POST", `/api/sessions/${part(session)}/asks`, write);
}

/** Counts before it answers; `kept` is false while the database has not written it. */
export function setLock(
  kind: LockKindName,
  target: string,
  reason: string,
): Promise<LockView & { readonly kept: boolean }> {
  return ask("POST", "/api/locks", { kind, target, reason });
}

export async function liftLock(id: string): Promise<{ readonly state: "lifted" | "agreed" }> {
  const path = `/api/locks/${part(id)}/lift`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, {});
  return ask("POST", path, await signAction(toSign, altered));
}
