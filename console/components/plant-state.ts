/** What changed in the plant since it was fetched, put into it. Pure. */
import type {
  AssetStateView,
  AssetView,
  PlantStateView,
  PlantView,
} from "../../broker/api/shapes/plant.ts";

/** Assets of which nothing changed stay the very same values, so that nothing is drawn anew. */
export function plantWith(held: PlantView, { assets, ...rest }: PlantStateView): PlantView {
  const states = new Map(assets.map((state) => [state.id, state]));
  const now = held.assets.map((asset) => assetWith(asset, states.get(asset.id)));
  const same = now.every((asset, at) => asset === held.assets[at]);
  return { ...held, ...rest, assets: same ? held.assets : now };
}

function assetWith(asset: AssetView, state: AssetStateView | undefined): AssetView {
  if (state === undefined && isPlain(asset)) return asset;
  const { sessions, closed, endpoints } = state ?? { sessions: 0, closed: null, endpoints: [] };
  return {
    ...{ ...asset, sessions, closed },
    state: state?.state ?? "idle",
    endpoints: asset.endpoints.map((endpoint, at) => ({
      ...endpoint,
      ...(endpoints[at] ?? { unreachable: false, gateways: [], grants: [] }),
    })),
  };
}

/** As the broker leaves it out: nobody is there, nothing is shut, and the viewer has no grant. */
function isPlain({ state, closed, endpoints }: AssetView): boolean {
  return (
    state === "idle" &&
    closed === null &&
    endpoints.every((each) => !each.unreachable && each.gateways.length + each.grants.length === 0)
  );
}
