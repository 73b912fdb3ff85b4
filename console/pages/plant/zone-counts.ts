/** What of a zone is told where its assets are not drawn. Pure. */
import type { AssetView, PlantView } from "../../../broker/api/shapes/plant.ts";

export interface ZoneCounts {
  /** Directly in it. */
  readonly assets: number;
  /** Of these, what the filter leaves. */
  readonly matching: number;
  readonly inSession: number;
  readonly locked: number;
}

export const NO_ASSETS: ZoneCounts = { assets: 0, matching: 0, inSession: 0, locked: 0 };

export function zoneCounts(
  { assets }: Pick<PlantView, "assets">,
  matching: ReadonlySet<string>,
): ReadonlyMap<string, ZoneCounts> {
  const counts = new Map<string, ZoneCounts>();
  for (const asset of assets) {
    counts.set(asset.zone, counted(counts.get(asset.zone) ?? NO_ASSETS, asset, matching));
  }
  return counts;
}

function counted(so: ZoneCounts, asset: AssetView, matching: ReadonlySet<string>): ZoneCounts {
  return {
    assets: so.assets + 1,
    matching: so.matching + Number(matching.has(asset.id)),
    inSession: so.inSession + Number(asset.state === "in-session"),
    locked: so.locked + Number(asset.state === "locked"),
  };
}
