/** Zones within zones, highest Purdue level first, with how many assets are in each. Pure. */
import type { PlantView } from "../../../broker/api/shapes/plant.ts";
import { compareWords } from "../../components/table-order.ts";

export interface ZoneBranch {
  readonly zone: PlantView["zones"][number];
  /** The zone itself and all within it. */
  readonly zones: ReadonlySet<string>;
  /** Assets in all of them. */
  readonly assets: number;
  readonly children: readonly ZoneBranch[];
}

export function zoneTree({ zones, assets }: Pick<PlantView, "zones" | "assets">): ZoneBranch[] {
  const known = new Set(zones.map((zone) => zone.id));
  const counts = new Map<string, number>();
  for (const { zone } of assets) counts.set(zone, (counts.get(zone) ?? 0) + 1);

  function branches(parent: string | null): ZoneBranch[] {
    return zones
      .filter((zone) => (parent === null ? isTop(zone.parent) : zone.parent === parent))
      .sort((a, b) => b.level - a.level || compareWords(a.name, b.name))
      .map((zone) => {
        const children = branches(zone.id);
        const inside = children.flatMap((child) => [...child.zones]);
        const deeper = children.reduce((sum, child) => sum + child.assets, 0);
        const own = counts.get(zone.id) ?? 0;
        return { zone, zones: new Set([zone.id, ...inside]), assets: own + deeper, children };
      });
  }
  const isTop = (parent: string | null) => parent === null || !known.has(parent);
  return branches(null);
}
