import type { PlantInForce } from "../../access/access.ts";
import type { Decisions } from "../../access/decision-point.ts";
import { endpoint } from "../endpoint.ts";
import { meSchema } from "../shapes/people.ts";
import { meView } from "./me-view.ts";

export function showMe(plant: PlantInForce, decisions: Decisions) {
  return endpoint({
    summary: "Who I am and what I may do",
    answer: meSchema,
    handle: ({ me }) => meView(me, plant.current(), decisions),
  });
}
