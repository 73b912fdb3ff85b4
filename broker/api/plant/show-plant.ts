import type { Access } from "../../access/access.ts";
import { reaches } from "../../identity/token-scope.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { plantSchema } from "../shapes/plant.ts";
import { type PlantLive, type PlantShown, plantView } from "./plant-view.ts";

export function showPlant(
  plant: PlantShown,
  access: Pick<Access<LiveSession>, "mayView" | "grantsOf" | "classes" | "locks" | "keySwitches">,
  sessions: Pick<SessionHost, "list">,
  gatewayOf: PlantLive["gatewayOf"],
) {
  return endpoint({
    summary: "The plant as I may see it, and what I may do there",
    answer: plantSchema,
    handle: ({ me, rights }) => {
      const live = { sessions: sessions.list(), gatewayOf };
      const view = plantView(plant, access, live, me.person, rights);
      return { ...view, assets: view.assets.filter(({ id }) => reaches(me, id)) };
    },
  });
}
