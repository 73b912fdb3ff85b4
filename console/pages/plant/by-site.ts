/** A plant of several sites: one of them alone, or all, each as a zone around its own. Pure. */
import type { PlantView } from "../../../broker/api/shapes/plant.ts";

/** No id of a zone has a colon. */
const SITE = "site:";
/** Below what is the whole's, as an enterprise above its plants; all sites side by side. */
const SITE_LEVEL = -1;

export type ZoneView = PlantView["zones"][number];

/** What is at the site; conduits that leave it are at neither end's alone. */
export function atSite(plant: PlantView, site: string): PlantView {
  const zones = plant.zones.filter((zone) => zone.site === site);
  const ids = new Set(zones.map(({ id }) => id));
  return {
    ...plant,
    zones,
    conduits: plant.conduits.filter(({ from, to }) => ids.has(from) && ids.has(to)),
    assets: plant.assets.filter(({ zone }) => ids.has(zone)),
  };
}

/** Nothing is changed where there is one site. */
export function groupedBySite(plant: PlantView): PlantView {
  if (plant.sites.length === 0) return plant;
  const known = new Set(plant.sites.map(({ id }) => id));
  const around = plant.sites.map(({ id, name }) => ({
    ...{ id: SITE + id, name, level: SITE_LEVEL, securityLevelTarget: 0 },
    ...{ parent: null, site: id },
  }));
  const zones = plant.zones.map((zone) =>
    zone.parent === null && known.has(zone.site) ? { ...zone, parent: SITE + zone.site } : zone,
  );
  return { ...plant, zones: [...around, ...zones] };
}

/** Id of the site that such a zone stands for. */
export function siteOfGroup({ id }: Pick<ZoneView, "id">): string | undefined {
  return id.startsWith(SITE) ? id.slice(SITE.length) : undefined;
}
