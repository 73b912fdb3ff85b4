import { reaches } from "../../identity/token-scope.ts";
import type { Asset } from "../../plant/model.ts";
import { indexOf } from "../../plant/plant-index.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { assetTagsSchema, type PlantView, plantSchema } from "../shapes/plant.ts";
import { writeLong } from "../written-json.ts";
import {
  assetTags,
  type PlantAccess,
  type PlantLive,
  type PlantShown,
  plantParts,
} from "./plant-view.ts";

export function showPlant(
  plant: PlantShown,
  access: PlantAccess,
  sessions: Pick<SessionHost, "list">,
  gatewayOf: PlantLive["gatewayOf"],
) {
  return endpoint({
    summary: "The plant as I may see it, and what I may do there",
    answer: plantSchema,
    handle: ({ me, rights }) => {
      const live = { sessions: sessions.list(), gatewayOf };
      const { rest, assets, show } = plantParts(plant, access, live, me.person, rights);
      const reached = assets.filter(({ id }) => reaches(me, id));
      return writeLong<PlantView, "assets", Asset>(rest, "assets", reached, show);
    },
  });
}

/** @throws not-found, also of an asset that the caller may not see */
export function showAssetTags(source: Pick<PlantShown, "current">, access: PlantAccess) {
  return endpoint({
    summary: "The points of an asset: where each is, its bounds, and whether I could write it now",
    params: idParameter,
    answer: assetTagsSchema,
    handle: ({ me, params }) => {
      const plant = source.current();
      const asset = indexOf(plant).assets.get(params.id);
      if (!asset || !access.viewable(me.person)(asset) || !reaches(me, asset.id)) throw notFound();
      return assetTags(plant, access, asset, me.person);
    },
  });
}
