/**
 * The plant as it is now. What is fixed in it is fetched once; of ten thousand assets a few change
 * within a minute, and only those are fetched again.
 */
import type { PlantStateView, PlantView } from "../../broker/api/shapes/plant.ts";
import { ask } from "./http.ts";
import { plantWith } from "./plant-state.ts";

/** @param held what was there before */
export async function freshPlant(held: PlantView | undefined): Promise<PlantView> {
  if (held) {
    const state = await ask<PlantStateView>("GET", "/api/plant/state");
    if (state.fixed === held.fixed) return plantWith(held, state);
  }
  return ask<PlantView>("GET", "/api/plant");
}
