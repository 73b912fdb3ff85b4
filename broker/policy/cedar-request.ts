/** Turns a decision's input into the entities and the context that Cedar evaluates. */
import type {
  CedarValueJson,
  EntityJson,
  StatefulAuthorizationCall,
  TypeAndId,
} from "@cedar-policy/cedar-wasm/nodejs";
import type {
  AccessInput,
  AssetInput,
  ContextInput,
  PolicyAction,
  ResourceInput,
  SubjectInput,
  ZoneInput,
} from "./access-input.ts";
import { groupsOf } from "./schema.ts";

export type CedarRequest = Pick<
  StatefulAuthorizationCall,
  "principal" | "action" | "resource" | "context" | "entities"
>;

export function cedarRequest(action: PolicyAction, input: AccessInput): CedarRequest {
  const { subject, resource } = input;
  return {
    principal: uid("Subject", subject.id),
    action: uid("Action", action),
    resource: resourceUid(resource),
    context: contextOf(input.context),
    entities: [actionEntity(action), subjectEntity(subject), ...resourceEntities(resource)],
  };
}

function uid(type: string, id: string): TypeAndId {
  return { type, id };
}

function reference(type: string, id: string): CedarValueJson {
  return { __entity: { type, id } };
}

/** The schema is not read again for every request, so the groups of an action come with it. */
function actionEntity(action: PolicyAction): EntityJson {
  const parents = groupsOf(action).map((group) => uid("Action", group));
  return { uid: uid("Action", action), attrs: {}, parents };
}

function subjectEntity({ id, roles, employer }: SubjectInput): EntityJson {
  return {
    uid: uid("Subject", id),
    attrs: { roles: [...roles], employer },
    parents: roles.map((role) => uid("Role", role)),
  };
}

function resourceUid(resource: ResourceInput): TypeAndId {
  switch (resource.kind) {
    case "site":
      return uid("Site", resource.id);
    case "zone":
      return uid("Zone", resource.zones[0]?.id ?? "");
    case "asset":
      return uid("Asset", resource.id);
    case "grant":
      return uid("Grant", resource.id);
  }
}

function resourceEntities(resource: ResourceInput): EntityJson[] {
  switch (resource.kind) {
    case "site":
      return siteEntities(resource.id, resource.within);
    case "zone":
      return zoneEntities(resource);
    case "asset":
      return assetEntities(resource);
    case "grant": {
      const { id, holder, requestedBy, profile, asset } = resource;
      const attrs = {
        holder: reference("Subject", holder),
        requestedBy: reference("Subject", requestedBy),
        profile,
      };
      const grant = { uid: uid("Grant", id), attrs, parents: [uid("Asset", asset.id)] };
      return [grant, ...assetEntities(asset)];
    }
  }
}

function assetEntities(placed: AssetInput): EntityJson[] {
  const { id, zones } = placed;
  const own = zones[0]?.id ?? "";
  const attrs = { zone: reference("Zone", own) };
  const asset = { uid: uid("Asset", id), attrs, parents: [uid("Zone", own)] };
  return [asset, ...zoneEntities(placed)];
}

interface Placed {
  readonly zones: readonly ZoneInput[];
  readonly site: string;
  readonly within?: string;
}

function zoneEntities({ zones, site, within }: Placed): EntityJson[] {
  const entities = zones.map((zone, at) => {
    const around = zones[at + 1];
    const parents = around ? [uid("Zone", around.id), uid("Site", site)] : [uid("Site", site)];
    const { securityLevelTarget } = zone;
    return {
      uid: uid("Zone", zone.id),
      attrs: { level: extension("decimal", zone.level.toFixed(1)), securityLevelTarget },
      parents,
    };
  });
  return [...entities, ...siteEntities(site, within)];
}

/** The whole one needs none: nothing is around it. */
function siteEntities(id: string, within: string | undefined): EntityJson[] {
  if (within === undefined) return [];
  return [{ uid: uid("Site", id), attrs: {}, parents: [uid("Site", within)] }];
}

function extension(fn: string, arg: string): CedarValueJson {
  return { __extn: { fn, arg } };
}

function contextOf(context: ContextInput): StatefulAuthorizationCall["context"] {
  const { grant, authentication, device, network, time, session, risk, site } = context;
  return {
    grant: { ...grant, approvers: grant.approvers.map((id) => reference("Subject", id)) },
    authentication: { ...authentication },
    device: { ...device, self: reference("Device", device.self) },
    network: { ...network, address: extension("ip", network.address) },
    time: { ...time },
    session: { ...session },
    risk: { ...risk, reasons: [...risk.reasons] },
    site: { ...site },
  };
}
