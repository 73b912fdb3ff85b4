/** Assets and their endpoints. */
import type { Asset, EndpointLimits, ModbusEndpoint } from "./model.ts";
import { parseNetworkAddress } from "./network-address.ts";
import { tag } from "./parse-tag.ts";
import { itemsOf, type Sourced, zoneOf } from "./parse-zones.ts";
import {
  CONNECTIONS_MAX,
  ENDPOINT_LIMITS_DEFAULT,
  ENDPOINTS_PER_ASSET_MAX,
  HOST_LENGTH_MAX,
  IN_FLIGHT_MAX,
  QUEUE_MAX,
  REQUESTS_PER_SECOND_MAX,
  TAGS_PER_ENDPOINT_MAX,
  TIMEOUT_MAX_MS,
  TIMEOUT_MIN_MS,
} from "./plant-limits.ts";
import type { References } from "./references.ts";
import { refusedHost } from "./refused-address.ts";
import {
  description,
  distinct,
  durationMs,
  flag,
  identifier,
  integer,
  list,
  name,
  oneOf,
  text,
} from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** An asset, with the places of its endpoints. */
export interface SourcedAsset extends Sourced<Asset> {
  readonly endpoints: readonly Sourced<ModbusEndpoint>[];
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
    return { item: { id, ...head, endpoints: itemsOf(endpoints) }, from, endpoints };
  };
}

function endpoint(references: References, assetId: string): Reading<Sourced<ModbusEndpoint>> {
  return (value) => {
    const from = Mapping.read(value, "an endpoint");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "" && assetId !== "") {
      references.define("endpoint", `${assetId}/${id}`, from.place("id"));
    }
    from.need("protocol", oneOf(["modbus"]));
    const target = from.need("address", networkAddress);
    const allowLocal = from.take("allow-local", flag) ?? false;
    const units = from.need("units", distinct(integer(0, 255), { min: 1, max: 256 })) ?? [];
    const connection = from.take("connection", oneOf(["shared", "dedicated"])) ?? "shared";
    const limits = from.take("limits", endpointLimits) ?? ENDPOINT_LIMITS_DEFAULT;
    const tags = from.take("tags", list(tag(references, units), { max: TAGS_PER_ENDPOINT_MAX }));
    from.finish();
    const host = target?.host ?? "";
    if (target) checkHost(host, allowLocal, from);
    const item: ModbusEndpoint = {
      id,
      protocol: "modbus",
      host,
      port: target?.port ?? 0,
      allowLocal,
      units,
      connection,
      limits,
      tags: itemsOf(tags ?? []),
    };
    return { item, from };
  };
}

const networkAddress: Reading<{ readonly host: string; readonly port: number }> = (value) => {
  const read = text(HOST_LENGTH_MAX + 8)(value);
  if (read === undefined) return undefined;
  const parsed = parseNetworkAddress(read);
  return parsed.kind === "malformed" ? value.fail(parsed.reason) : parsed;
};

function checkHost(host: string, allowLocal: boolean, from: Mapping): void {
  const reason = refusedHost(host);
  if (reason === undefined || allowLocal) return;
  from
    .place("address")
    .fail(`${host} is ${reason}; if the asset really is there, add "allow-local: true"`);
}

const endpointLimits: Reading<EndpointLimits> = (value) => {
  const from = Mapping.read(value, "limits");
  if (!from) return undefined;
  const timeout = durationMs(TIMEOUT_MIN_MS, TIMEOUT_MAX_MS);
  const normal = ENDPOINT_LIMITS_DEFAULT;
  const perSecond = integer(1, REQUESTS_PER_SECOND_MAX);
  const read = {
    connectionsMax: from.take("connections", integer(1, CONNECTIONS_MAX)) ?? normal.connectionsMax,
    requestsPerSecond: from.take("requests-per-second", perSecond) ?? normal.requestsPerSecond,
    inFlightMax: from.take("in-flight", integer(1, IN_FLIGHT_MAX)) ?? normal.inFlightMax,
    queueMax: from.take("queue", integer(1, QUEUE_MAX)) ?? normal.queueMax,
    connectTimeoutMs: from.take("connect-timeout", timeout) ?? normal.connectTimeoutMs,
    responseTimeoutMs: from.take("response-timeout", timeout) ?? normal.responseTimeoutMs,
  };
  from.finish();
  return read;
};
