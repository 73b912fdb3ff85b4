/**
 * A large plant on the map: zones with their numbers, and the assets of the one that somebody opens.
 * Ten thousand boxes would be neither readable nor drawn in time.
 */
import { useEffect, useMemo, useState } from "react";
import type { AssetView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { compareWords } from "../../components/table-order.ts";
import type { ZoneView } from "./by-site.ts";
import { NO_ASSETS, type ZoneCounts, zoneCounts } from "./zone-counts.ts";

/** Of more the names cannot be read where the whole is seen: at 1280 pixels they are 9 high. */
const DRAWN_MAX = 40;
/** Of an opened zone; the list has all. */
const DRAWN_OF_ZONE_MAX = 400;

/** How a zone of a folded map is shown. */
export interface Fold {
  readonly counts: ZoneCounts;
  readonly isOpen: boolean;
  /** Without zones in it: nothing but its numbers. */
  readonly isTile: boolean;
  /** Of its assets. */
  readonly drawn: number;
  toggle(): void;
}

export interface Folded {
  readonly isFolded: boolean;
  readonly zones: readonly ZoneView[];
  /** Those that are drawn. */
  readonly assets: readonly AssetView[];
  readonly tiles: ReadonlySet<string>;
  readonly opened: string | undefined;
  /** Undefined where nothing is folded. */
  of(zone: string): Fold | undefined;
}

export function useFolded(
  plant: PlantView,
  matching: ReadonlySet<string>,
  selected: AssetView | undefined,
): Folded {
  const [opened, setOpened] = useState(selected?.zone);
  const zone = selected?.zone;
  useEffect(() => {
    if (zone !== undefined) setOpened(zone);
  }, [zone]);
  return useMemo(() => {
    if (plant.assets.length <= DRAWN_MAX) return whole(plant);
    return folded(plant, matching, opened, setOpened);
  }, [plant, matching, opened]);
}

function whole({ zones, assets }: PlantView): Folded {
  const nothing = { tiles: new Set<string>(), opened: undefined, of: () => undefined };
  return { isFolded: false, zones, assets, ...nothing };
}

function folded(
  plant: PlantView,
  matching: ReadonlySet<string>,
  opened: string | undefined,
  open: (zone: string | undefined) => void,
): Folded {
  const zones = plant.zones.toSorted((a, b) => compareWords(a.name, b.name));
  const around = new Set(zones.map(({ parent }) => parent));
  const isTile = (id: string) => id !== opened && !around.has(id);
  const counts = zoneCounts(plant, matching);
  const within = plant.assets.filter((asset) => asset.zone === opened);
  const isLeft = (asset: AssetView) => matching.has(asset.id);
  // Where not all can be drawn, what is looked for is.
  const assets = within
    .toSorted((a, b) => Number(isLeft(b)) - Number(isLeft(a)) || compareWords(a.name, b.name))
    .slice(0, DRAWN_OF_ZONE_MAX);
  return {
    ...{ isFolded: true, zones, assets, opened },
    tiles: new Set(zones.filter(({ id }) => isTile(id)).map(({ id }) => id)),
    of: (id) => ({
      counts: counts.get(id) ?? NO_ASSETS,
      isOpen: id === opened,
      isTile: isTile(id),
      drawn: id === opened ? assets.length : 0,
      toggle: () => open(id === opened ? undefined : id),
    }),
  };
}
