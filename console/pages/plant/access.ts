/** What the signed-in person may do at an asset, and the one thing to offer. Pure. */
import type {
  AssetView,
  ClassName,
  EndpointView,
  MyGrantView,
} from "../../../broker/api/shapes/plant.ts";

export interface Way {
  readonly endpoint: EndpointView;
  readonly grant: MyGrantView;
}

/** Every live grant of the asset, best first (as the broker orders them within an endpoint). */
export function waysIn(asset: AssetView): readonly Way[] {
  return asset.endpoints.flatMap((endpoint) =>
    endpoint.grants.filter((grant) => grant.live).map((grant) => ({ endpoint, grant })),
  );
}

/** `panel` of `hmi-treatment/panel`: what tells the endpoints of one asset apart. */
export function nameAtAsset({ id }: Pick<EndpointView, "id">): string {
  return id.slice(id.indexOf("/") + 1);
}

/** The earliest grant that has not begun; undefined if there is none. */
export function nextGrant(asset: AssetView, nowMs: number): MyGrantView | undefined {
  return asset.endpoints
    .flatMap((endpoint) => endpoint.grants)
    .filter((grant) => !grant.live && grant.fromMs !== null && grant.fromMs > nowMs)
    .sort((a, b) => (a.fromMs ?? 0) - (b.fromMs ?? 0))[0];
}

/** Union of the classes of all live grants at the asset. */
export function classesAt(asset: AssetView): readonly ClassName[] {
  return [...new Set(waysIn(asset).flatMap((way) => way.grant.classes))];
}

/** What a filter looks through. */
export function searchText(asset: AssetView, zoneName: string): string {
  const tags = asset.endpoints.flatMap((endpoint) => endpoint.tags.map((tag) => tag.name));
  const protocols = asset.endpoints.map((endpoint) => endpoint.protocol);
  const own = [asset.id, asset.name, asset.vendor, asset.model, asset.description];
  return [...own, zoneName, ...protocols, ...tags].join(" ");
}
