/** Assets. */
import type { Asset, Endpoint } from "./model.ts";
import { endpoint } from "./parse-endpoint.ts";
import { itemsOf, type Sourced, zoneOf } from "./parse-zones.ts";
import { ENDPOINTS_PER_ASSET_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { description, identifier, list, name } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** An asset, with the places of its endpoints. */
export interface SourcedAsset extends Sourced<Asset> {
  readonly endpoints: readonly Sourced<Endpoint>[];
}

export function asset(references: References): Reading<SourcedAsset> {
  return (value) => {
    const from = Mapping.read(value, "an asset");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("asset", id, from.place("id"));
    const head = {
      name: from.need("name", name) ?? id,
      zone: from.need("zone", zoneOf(references)) ?? "",
      vendor: from.take("vendor", name) ?? "",
      model: from.take("model", name) ?? "",
      description: from.take("description", description) ?? "",
    };
    const size = { min: 1, max: ENDPOINTS_PER_ASSET_MAX };
    const endpoints = from.need("endpoints", list(endpoint(references, id), size)) ?? [];
    from.finish();
    from.forget();
    return { item: { id, ...head, endpoints: itemsOf(endpoints) }, from, endpoints };
  };
}
