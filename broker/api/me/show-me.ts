import type { PlantInForce } from "../../access/access.ts";
import { endpoint } from "../endpoint.ts";
import { meSchema } from "../shapes/people.ts";
import { type MeAsked, meView } from "./me-view.ts";

export function showMe(plant: PlantInForce, asked: MeAsked) {
  return endpoint({
    summary: "Who I am and what I may do",
    answer: meSchema,
    handle: ({ me }) => meView(me, plant.current(), asked),
  });
}
