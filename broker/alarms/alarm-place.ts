/**
 * At which site what an alarm is about is, by the plant file in force: who supervises one site finds
 * nothing of the others. Pure.
 */
import type { Plant } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import type { Alarm } from "../store/alarms.ts";
import type { SiteEvent } from "../store/model.ts";

export type AlarmPlace = Pick<Alarm, "asset" | "site">;

/** Of the broker itself, a person, or what is at no site of several. */
export const OF_THE_WHOLE: AlarmPlace = { asset: null, site: "" };
const NOWHERE_KNOWN: AlarmPlace = { asset: null, site: null };

/** Of one that the plant file has no more nobody knows. */
export function placeOfAsset(plant: Plant, asset: string): AlarmPlace {
  const { assets, siteOfAsset } = indexOf(plant);
  const site = assets.has(asset) ? withinWhole(plant, siteOfAsset(asset).id) : null;
  return { asset, site };
}

/** @param endpoint `ASSET/ENDPOINT` */
export function placeOfEndpoint(plant: Plant, endpoint: string): AlarmPlace {
  return placeOfAsset(plant, endpoint.split("/")[0] ?? "");
}

export function placeOfZone(plant: Plant, zone: string): AlarmPlace {
  const { zones, siteOfZone } = indexOf(plant);
  return zones.has(zone)
    ? { asset: null, site: withinWhole(plant, siteOfZone(zone).id) }
    : NOWHERE_KNOWN;
}

/** One that the plant file has no more is over all, as its lock is. */
export function placeOfSite(plant: Plant, id: string): AlarmPlace {
  return { asset: null, site: withinWhole(plant, id) };
}

/** A session whose asset is not said may be anywhere. */
export function placeOfEvent(
  plant: Plant,
  { about, session }: Pick<SiteEvent, "about" | "session">,
): AlarmPlace {
  const asset = about?.asset ?? about?.endpoint?.split("/")[0];
  if (asset !== undefined) return placeOfAsset(plant, asset);
  return session === null ? OF_THE_WHOLE : NOWHERE_KNOWN;
}

/** As the API names it: the whole by its id; null where nobody knows. */
export function namedPlace(plant: Plant, { site }: AlarmPlace): string | null {
  if (site === "") return plant.site.id;
  return site !== null && plant.sites.some(({ id }) => id === site) ? site : null;
}

function withinWhole(plant: Plant, site: string): string {
  return plant.sites.some(({ id }) => id === site) ? site : "";
}
