/** Endpoints: what all have in common, and what each protocol adds. */
import type {
  Endpoint,
  EndpointLimits,
  ModbusEndpoint,
  Protocol,
  ScreenTls,
  SshEndpoint,
  VncEndpoint,
  WebEndpoint,
} from "./model.ts";
import { PROTOCOLS } from "./model.ts";
import { parseNetworkAddress } from "./network-address.ts";
import { opcUaAdded } from "./parse-opcua-endpoint.ts";
import { screenPages } from "./parse-screen-page.ts";
import { checkReport, tag } from "./parse-tag.ts";
import { webAdded, webTls } from "./parse-web-endpoint.ts";
import { itemsOf, type Sourced } from "./parse-zones.ts";
import {
  CONNECTIONS_MAX,
  ENDPOINT_LIMITS_DEFAULT,
  GATEWAYS_PER_ENDPOINT_MAX,
  HOST_KEYS_MAX,
  HOST_LENGTH_MAX,
  IN_FLIGHT_MAX,
  MODBUS_PORT,
  OPCUA_PORT,
  QUEUE_MAX,
  REQUESTS_PER_SECOND_MAX,
  SSH_PORT,
  TAGS_PER_ENDPOINT_MAX,
  TIMEOUT_MAX_MS,
  TIMEOUT_MIN_MS,
  VNC_PORT,
  WEB_LIMITS_DEFAULT,
  WEB_PORT,
} from "./plant-limits.ts";
import type { References } from "./references.ts";
import { refusedHost } from "./refused-address.ts";
import {
  distinct,
  durationMs,
  flag,
  identifier,
  integer,
  list,
  oneOf,
  shown,
  text,
} from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** The fields that every protocol has. */
type Common = Pick<Endpoint, "id" | "host" | "port" | "allowLocal" | "limits" | "gateways">;

export function endpoint(references: References, assetId: string): Reading<Sourced<Endpoint>> {
  return (value) => {
    const from = Mapping.read(value, "an endpoint");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "" && assetId !== "") {
      references.define("endpoint", `${assetId}/${id}`, from.place("id"));
    }
    const protocol = from.need("protocol", oneOf(PROTOCOLS));
    const usual = protocol === "tcp" ? undefined : PORTS[protocol ?? "modbus"];
    const target = from.need("address", networkAddress(usual));
    const allowLocal = from.take("allow-local", flag) ?? false;
    const normal = protocol === "web" ? WEB_LIMITS_DEFAULT : ENDPOINT_LIMITS_DEFAULT;
    const limits = from.take("limits", endpointLimits(normal)) ?? normal;
    const host = target?.host ?? "";
    if (target) checkHost(host, allowLocal, from);
    const gateways = from.take("gateways", distinct(identifier, GATEWAYS_SIZE));
    const port = target?.port ?? 0;
    const common: Common = { id, host, port, allowLocal, limits, ...(gateways && { gateways }) };
    const item = added(protocol ?? "modbus", from, common, references);
    from.finish();
    from.forget();
    return { item, from };
  };
}

const GATEWAYS_SIZE = { min: 1, max: GATEWAYS_PER_ENDPOINT_MAX };

const PORTS: Readonly<Record<Exclude<Protocol, "tcp">, number>> = {
  modbus: MODBUS_PORT,
  ssh: SSH_PORT,
  vnc: VNC_PORT,
  web: WEB_PORT,
  opcua: OPCUA_PORT,
};

function added(
  protocol: Protocol,
  from: Mapping,
  common: Common,
  references: References,
): Endpoint {
  switch (protocol) {
    case "modbus":
      return modbus(from, common, references);
    case "ssh":
      return ssh(from, common);
    case "vnc":
      return vnc(from, common, references);
    case "web":
      return web(from, common);
    case "opcua":
      return { ...common, protocol, ...opcUaAdded(from, references), tags: [] };
    case "tcp":
      return { ...common, protocol, tags: [] };
  }
}

function web(from: Mapping, common: Common): WebEndpoint {
  return { ...common, protocol: "web", ...webAdded(from), tags: [] };
}

function vnc(from: Mapping, common: Common, references: References): VncEndpoint {
  const viewOnly = from.take("view-only", flag) ?? false;
  const resize = from.take("resize", flag) ?? false;
  const tls = from.take("tls", screenTls);
  const pages = from.take("pages", screenPages(references)) ?? [];
  return { ...common, protocol: "vnc", viewOnly, resize, ...(tls && { tls }), pages, tags: [] };
}

/** As of the web, or `anonymous`. */
const screenTls: Reading<ScreenTls> = (value) =>
  value.scalar === "anonymous" ? { kind: "anonymous" } : webTls(value);

function modbus(from: Mapping, common: Common, references: References): ModbusEndpoint {
  const units = from.need("units", distinct(integer(0, 255), { min: 1, max: 256 })) ?? [];
  const connection = from.take("connection", oneOf(["shared", "dedicated"])) ?? "shared";
  const tags = from.take("tags", list(tag(references, units), { max: TAGS_PER_ENDPOINT_MAX }));
  checkReport(itemsOf(tags ?? []), from);
  return { ...common, protocol: "modbus", units, connection, tags: itemsOf(tags ?? []) };
}

function ssh(from: Mapping, common: Common): SshEndpoint {
  const size = { min: 1, max: HOST_KEYS_MAX };
  const hostKeys = from.take("host-keys", distinct(fingerprint, size)) ?? [];
  const legacyAlgorithms = from.take("legacy-algorithms", flag) ?? false;
  return { ...common, protocol: "ssh", hostKeys, legacyAlgorithms, tags: [] };
}

/** As `ssh-keygen -l` prints it. */
const fingerprint: Reading<string> = (value) => {
  const read = text(64)(value);
  if (read === undefined) return undefined;
  return /^SHA256:[A-Za-z0-9+/]{43}$/.test(read)
    ? read
    : value.fail("write the fingerprint as ssh-keygen prints it: SHA256: and 43 characters");
};

/** @param portIfNone undefined where the port must be said */
function networkAddress(
  portIfNone: number | undefined,
): Reading<{ readonly host: string; readonly port: number }> {
  return (value) => {
    const read = text(HOST_LENGTH_MAX + 8)(value);
    if (read === undefined) return undefined;
    if (portIfNone === undefined && !/:\d+$/.test(read)) {
      return value.fail(`say the port too, for example ${shown(value)}:4000`);
    }
    const parsed = parseNetworkAddress(read, portIfNone);
    return parsed.kind === "malformed" ? value.fail(parsed.reason) : parsed;
  };
}

function checkHost(host: string, allowLocal: boolean, from: Mapping): void {
  const reason = refusedHost(host);
  if (reason === undefined || allowLocal) return;
  from
    .place("address")
    .fail(`${host} is ${reason}; if the asset really is there, add "allow-local: true"`);
}

/** @param normal what is not said */
function endpointLimits(normal: EndpointLimits): Reading<EndpointLimits> {
  return (value) => {
    const from = Mapping.read(value, "limits");
    if (!from) return undefined;
    const timeout = durationMs(TIMEOUT_MIN_MS, TIMEOUT_MAX_MS);
    const perSecond = integer(1, REQUESTS_PER_SECOND_MAX);
    const read = {
      connectionsMax:
        from.take("connections", integer(1, CONNECTIONS_MAX)) ?? normal.connectionsMax,
      requestsPerSecond: from.take("requests-per-second", perSecond) ?? normal.requestsPerSecond,
      inFlightMax: from.take("in-flight", integer(1, IN_FLIGHT_MAX)) ?? normal.inFlightMax,
      queueMax: from.take("queue", integer(1, QUEUE_MAX)) ?? normal.queueMax,
      connectTimeoutMs: from.take("connect-timeout", timeout) ?? normal.connectTimeoutMs,
      responseTimeoutMs: from.take("response-timeout", timeout) ?? normal.responseTimeoutMs,
    };
    from.finish();
    return read;
  };
}
