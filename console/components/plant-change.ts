/** A changed plant file that waits for an administrator. */
import { queryOptions } from "@tanstack/react-query";
import type { PlantChangeView } from "../../broker/api/shapes/plant-change.ts";
import { plantChangeText } from "../text/plant-change.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const PATH = "/api/plant-change";

/** Under the key of the plant: one topic refreshes both. */
export const plantChangeQuery = queryOptions({
  queryKey: ["plant", "change"],
  queryFn: () => ask<PlantChangeView>("GET", PATH),
});

/** One touch: the passkey signs the digest of exactly this file. */
export async function confirmPlantChange(digest: string): Promise<void> {
  const toSign = await ask<ActionToSign>("POST", `${PATH}/options`, { digest });
  await ask("POST", PATH, await signAction(toSign, plantChangeText.altered));
}
