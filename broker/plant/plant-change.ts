/** What an edit of the plant file changed, so that only the sessions it concerns notice. Pure. */
import type { Asset, Endpoint, Plant, Tag } from "./model.ts";
import { others } from "./plant-parts.ts";

/** Ids; of endpoints as `ASSET/ENDPOINT`. */
export interface Difference {
  readonly added: ReadonlySet<string>;
  readonly changed: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
}

export interface PlantChange {
  readonly before: Plant;
  readonly after: Plant;
  readonly zones: Difference;
  readonly assets: Difference;
  readonly endpoints: Difference;
  readonly profiles: Difference;
  readonly grants: Difference;
}

export function comparePlants(before: Plant, after: Plant): PlantChange {
  const [old, fresh] = others(before.assets, after.assets);
  return {
    before,
    after,
    zones: difference(byId(before.zones), byId(after.zones)),
    assets: difference(byId(old), byId(fresh)),
    endpoints: difference(endpointsOf(old), endpointsOf(fresh), isSamePlaced),
    profiles: difference(byId(before.profiles), byId(after.profiles)),
    grants: difference(byId(before.grants), byId(after.grants)),
  };
}

/**
 * Endpoints (`ASSET/ENDPOINT`) that are gone, or mean something else than before: address, units,
 * limits, a tag's place, scale or bounds, the asset's zone. Words for people (names, descriptions,
 * states) do not count: correcting a typing mistake cuts nobody.
 */
export function changedEndpoints(before: Plant, after: Plant): ReadonlySet<string> {
  const { changed, removed } = comparePlants(before, after).endpoints;
  return new Set([...changed, ...removed]);
}

/** Why a session on this endpoint, by this profile, cannot outlive the change; undefined where it can. */
export function reasonToEnd(
  { endpoint, profile }: { readonly endpoint: string; readonly profile: string },
  { endpoints, profiles }: PlantChange,
): string | undefined {
  if (endpoints.removed.has(endpoint)) return "The endpoint was taken out of the plant file.";
  if (endpoints.changed.has(endpoint)) return "The plant file changed this endpoint.";
  if (profiles.removed.has(profile)) return "The profile was taken out of the plant file.";
  if (profiles.changed.has(profile)) return `The profile ${profile} was changed.`;
  return undefined;
}

/** Each part under its id. */
type Parts<T> = ReadonlyMap<string, T>;

function byId<T extends { readonly id: string }>(parts: readonly T[]): Parts<T> {
  return new Map(parts.map((part) => [part.id, part]));
}

/** An endpoint, with what its asset makes of it. */
interface Placed {
  readonly asset: Asset;
  readonly endpoint: Endpoint;
}

function endpointsOf(assets: readonly Asset[]): Parts<Placed> {
  return new Map(
    assets.flatMap((asset) =>
      asset.endpoints.map((endpoint) => [`${asset.id}/${endpoint.id}`, { asset, endpoint }]),
    ),
  );
}

function isSamePlaced(a: Placed, b: Placed): boolean {
  return formOf(a) === formOf(b);
}

function formOf({ asset, endpoint }: Placed): string {
  const tags = [...endpoint.tags].sort((a, b) => (a.name < b.name ? -1 : 1)).map(withoutWords);
  return JSON.stringify({ zone: asset.zone, ...endpoint, tags });
}

function withoutWords(tag: Tag): Tag {
  return { ...tag, description: "", states: [] };
}

function isSame<T>(a: T, b: T): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** @param means whether two parts mean the same; most are the very same (`SharedAssets`) */
function difference<T>(
  before: Parts<T>,
  after: Parts<T>,
  means: (a: T, b: T) => boolean = isSame,
): Difference {
  const added = [...after.keys()].filter((id) => !before.has(id));
  const removed = [...before.keys()].filter((id) => !after.has(id));
  const changed = [...after].filter(([id, part]) => {
    const was = before.get(id);
    return was !== undefined && !means(was, part);
  });
  return {
    added: new Set(added),
    changed: new Set(changed.map(([id]) => id)),
    removed: new Set(removed),
  };
}
