/** What the console asks about signals of other systems. */
import { queryOptions } from "@tanstack/react-query";
import type { SignalsView } from "../../broker/api/shapes/signals.ts";
import { ask } from "./http.ts";

/** They come by themselves. */
const EVERY_MS = 5_000;

export const signalsQuery = queryOptions({
  queryKey: ["signals"],
  queryFn: () => ask<SignalsView>("GET", "/api/signals"),
  refetchInterval: EVERY_MS,
});

export function liftDemand(key: string, reason: string): Promise<void> {
  return ask<void>("POST", "/api/signals/lifting", { key, reason });
}
