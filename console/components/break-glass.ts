/** Break-glass: the broker's addresses for it, and its lists. */
import { queryOptions } from "@tanstack/react-query";
import type {
  BreakGlassDetailView,
  BreakGlassVerdictName,
  BreakGlassView,
} from "../../broker/api/shapes/break-glass.ts";
import { breakGlassText } from "../text/break-glass.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const part = encodeURIComponent;
const { altered } = breakGlassText.open;
const PATH = "/api/break-glass";
/** That one has ended by itself is told by nobody. */
const WHILE_OPEN_MS = 15_000;

export const breakGlassQuery = queryOptions({
  queryKey: ["break-glass"],
  queryFn: () => ask<BreakGlassView[]>("GET", PATH),
  refetchInterval: ({ state }) =>
    state.data?.some((use) => use.review === null && !use.mayReview) ? WHILE_OPEN_MS : false,
});

export function breakGlassDetailQuery(id: string) {
  return queryOptions({
    queryKey: ["break-glass", id],
    queryFn: () => ask<BreakGlassDetailView>("GET", `${PATH}/${part(id)}`),
  });
}

export interface NewBreakGlass {
  readonly endpoint: string;
  readonly profile: string;
  readonly holder: string;
  readonly durationMs: number;
  readonly reason: string;
}

/** One touch: the passkey signs exactly what is opened, for whom and why. */
export async function breakGlass(wanted: NewBreakGlass): Promise<BreakGlassView> {
  const toSign = await ask<ActionToSign>("POST", `${PATH}/options`, wanted);
  return ask("POST", PATH, await signAction(toSign, altered));
}

export function endBreakGlass(id: string): Promise<void> {
  return ask("POST", `${PATH}/${part(id)}/end`, {});
}

export async function reviewBreakGlass(
  id: string,
  verdict: BreakGlassVerdictName,
  comment: string,
): Promise<BreakGlassView> {
  const path = `${PATH}/${part(id)}/review`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, { verdict, comment });
  return ask("POST", path, await signAction(toSign, altered));
}

/** It counts now. The list is fetched again when it ends early. */
export function isOpen(use: BreakGlassView, nowMs: number): boolean {
  return use.review === null && use.untilMs > nowMs;
}

export function isUnreviewed(use: BreakGlassView, nowMs: number): boolean {
  return use.review === null && use.untilMs <= nowMs;
}
