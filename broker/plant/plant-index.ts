/**
 * Parts of a plant by their ids. It is made once for each plant, when somebody first asks: a plant
 * never changes, and a walk over 10,000 assets for each of them is a hundred million steps.
 */
import type { Asset, Plant, PlantGrant, Profile, Zone } from "./model.ts";

export interface PlantIndex {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly zones: ReadonlyMap<string, Zone>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly grants: ReadonlyMap<string, PlantGrant>;
  /** The zone and all that contain it, innermost first; empty for one that is not there. */
  zonesAround(zone: string): readonly Zone[];
}

const made = new WeakMap<Plant, PlantIndex>();

export function indexOf(plant: Plant): PlantIndex {
  const known = made.get(plant) ?? indexed(plant);
  made.set(plant, known);
  return known;
}

function indexed({ assets, zones, profiles, grants }: Plant): PlantIndex {
  const zonesById = byId(zones);
  const chains = new Map<string, readonly Zone[]>();
  return {
    assets: byId(assets),
    zones: zonesById,
    profiles: byId(profiles),
    grants: byId(grants),
    zonesAround: (id) => {
      const chain = chains.get(id) ?? chainFrom(zonesById, id);
      if (zonesById.has(id)) chains.set(id, chain);
      return chain;
    },
  };
}

function byId<T extends { readonly id: string }>(parts: readonly T[]): ReadonlyMap<string, T> {
  return new Map(parts.map((part) => [part.id, part]));
}

/** Safe on circles, which a plant file has none of. */
function chainFrom(zones: ReadonlyMap<string, Zone>, id: string): readonly Zone[] {
  const chain = new Set<Zone>();
  for (let zone = zones.get(id); zone && !chain.has(zone); ) {
    chain.add(zone);
    zone = zone.parent === undefined ? undefined : zones.get(zone.parent);
  }
  return [...chain];
}
