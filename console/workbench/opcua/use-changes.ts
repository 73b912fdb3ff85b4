/** Draws a component anew whenever this changes. */
import { useSyncExternalStore } from "react";
import type { Changes } from "./changes.ts";

export function useChanges(changes: Changes): number {
  return useSyncExternalStore(changes.subscribe, () => changes.version);
}
