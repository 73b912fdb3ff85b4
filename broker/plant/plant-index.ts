/**
 * Parts of a plant by their ids. It is made once for each plant, when somebody first asks: a plant
 * never changes, and a walk over 10,000 assets for each of them is a hundred million steps.
 */
import type { Asset, Plant, PlantGrant, Profile } from "./model.ts";
import type { Site, Zone } from "./zone-model.ts";

export interface PlantIndex {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly zones: ReadonlyMap<string, Zone>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly grants: ReadonlyMap<string, PlantGrant>;
  /** The zone and all that contain it, innermost first; empty for one that is not there. */
  zonesAround(zone: string): readonly Zone[];
  /** The whole one where the outermost zone names none, or is not there. */
  siteOfZone(zone: string): Site;
  /** As for its zone. */
  siteOfAsset(asset: string): Site;
  /** The whole one, or one within it; undefined where there is no such. */
  siteOf(id: string): Site | undefined;
}

const made = new WeakMap<Plant, PlantIndex>();

export function indexOf(plant: Plant): PlantIndex {
  const known = made.get(plant) ?? indexed(plant);
  made.set(plant, known);
  return known;
}

/** @param endpoint `ASSET/ENDPOINT`, also one that is not there any more */
export function siteOfEndpoint(plant: Plant, endpoint: string): Site {
  return indexOf(plant).siteOfAsset(endpoint.split("/")[0] ?? "");
}

/** As permits and tapes name the site of an asset. */
export function namedSite(plant: Plant, { zone }: Pick<Asset, "zone">): Pick<Site, "id" | "name"> {
  const { id, name } = indexOf(plant).siteOfZone(zone);
  return { id, name };
}

function indexed({ site, sites, assets, zones, profiles, grants }: Plant): PlantIndex {
  const zonesById = byId(zones);
  const assetsById = byId(assets);
  const sitesById = byId([site, ...sites]);
  const chains = new Map<string, readonly Zone[]>();
  const zonesAround = (id: string) => {
    const chain = chains.get(id) ?? chainFrom(zonesById, id);
    if (zonesById.has(id)) chains.set(id, chain);
    return chain;
  };
  const siteOfZone = (id: string) => sitesById.get(zonesAround(id).at(-1)?.site ?? "") ?? site;
  return {
    assets: assetsById,
    zones: zonesById,
    profiles: byId(profiles),
    grants: byId(grants),
    ...{ zonesAround, siteOfZone },
    siteOfAsset: (id) => siteOfZone(assetsById.get(id)?.zone ?? ""),
    siteOf: (id) => sitesById.get(id),
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
