import { reaches } from "../../identity/token-scope.ts";
import type { Asset } from "../../plant/model.ts";
import { indexOf } from "../../plant/plant-index.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { type Call, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";
import {
  assetTagsSchema,
  type PlantStateView,
  type PlantView,
  plantSchema,
  plantStateSchema,
} from "../shapes/plant.ts";
import { writeLong } from "../written-json.ts";
import {
  assetTags,
  type PlantAccess,
  type PlantLive,
  type PlantParts,
  type PlantShown,
  plantParts,
} from "./plant-view.ts";

type Sources = readonly [
  plant: PlantShown,
  access: PlantAccess,
  sessions: Pick<SessionHost, "list">,
  gatewayOf: PlantLive["gatewayOf"],
];

export function showPlant(...sources: Sources) {
  return endpoint({
    summary: "The plant as I may see it, and what I may do there",
    answer: plantSchema,
    handle: (call) => {
      const { rest, assets, show } = partsFor(call, sources);
      return writeLong<PlantView, "assets", Asset>(rest, "assets", assets, show);
    },
  });
}

/** Of ten thousand assets a few change within a minute: nobody fetches the others again for those. */
export function showPlantState(...sources: Sources) {
  return endpoint({
    summary: "What of the plant changes by itself: who works where, what is shut, my grants",
    answer: plantStateSchema,
    handle: (call) => {
      const { rest, assets, state } = partsFor(call, sources);
      const { fixed, keySwitches, problem } = rest;
      const said = { fixed, keySwitches, problem };
      return writeLong<PlantStateView, "assets", Asset>(said, "assets", assets, state);
    },
  });
}

function partsFor(
  { me, rights }: Pick<Call<unknown, unknown, unknown>, "me" | "rights">,
  [plant, access, sessions, gatewayOf]: Sources,
): PlantParts {
  const live = { sessions: sessions.list(), gatewayOf };
  const asking = { person: me.person, rights, reaches: ({ id }: Asset) => reaches(me, id) };
  return plantParts(plant, access, live, asking);
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
