/** Checks that need the whole file: how assets, profiles and grants fit together. */
import type { ApprovalRule } from "./approval-model.ts";
import { checkProfile, type PlacedTag, type TagDirectory } from "./check-rules.ts";
import type { ConditionRule, Endpoint, PlantGrant } from "./model.ts";
import { checkApprovals } from "./parse-approval.ts";
import type { SourcedAsset } from "./parse-asset.ts";
import type { SourcedProfile } from "./parse-profile.ts";
import {
  checkZoneParents,
  itemsOf,
  type Sourced,
  warnEmptySites,
  withParents,
} from "./parse-zones.ts";
import type { Conduit, Site, Zone } from "./zone-model.ts";

export interface PlantParts {
  readonly sites: readonly Sourced<Site>[];
  readonly zones: readonly Sourced<Zone>[];
  readonly conduits: readonly Sourced<Conduit>[];
  readonly assets: readonly SourcedAsset[];
  readonly profiles: readonly SourcedProfile[];
  readonly grants: readonly Sourced<PlantGrant>[];
  readonly approvals: readonly Sourced<ApprovalRule>[];
  readonly conditions: readonly Sourced<ConditionRule>[];
}

export function checkPlant(parts: PlantParts): void {
  const tags = tagDirectory(parts.assets);
  checkZoneParents(parts.zones);
  warnEmptySites(parts.sites, parts.zones);
  checkApprovals(parts.approvals);
  for (const profile of parts.profiles) checkProfile(profile, tags);
  for (const grant of parts.grants) checkGrant(grant, parts, tags);
  warnWithoutConduit(parts);
  warnSharedAddress(parts.assets);
}

function tagDirectory(assets: readonly SourcedAsset[]): TagDirectory {
  const directory = new Map<string, PlacedTag>();
  for (const { item, endpoints } of assets) {
    for (const { item: endpoint } of endpoints) {
      const nodes = endpoint.protocol === "opcua" ? endpoint.nodes : [];
      for (const tag of [...endpoint.tags, ...nodes]) {
        directory.set(tag.name, { tag, endpoint: `${item.id}/${endpoint.id}` });
      }
    }
  }
  return directory;
}

/** A profile must make sense on the endpoint it is granted for. */
function checkGrant(
  { item, from }: Sourced<PlantGrant>,
  parts: PlantParts,
  tags: TagDirectory,
): void {
  const profile = parts.profiles.find((each) => each.item.id === item.profile);
  if (!profile) return;
  for (const rule of profile.item.rules) {
    const condition = rule.limits.while;
    const needed = condition === undefined ? undefined : tags.get(condition.tag);
    const named = (rule.match.tags ?? []).flatMap((name) => tags.get(name) ?? []);
    const here =
      rule.match.tags === undefined || named.some((tag) => tag.endpoint === item.endpoint);
    if (!here && named.length > 0) {
      const place = named[0]?.endpoint ?? "another endpoint";
      from
        .place("profile")
        .warn(`rule "${rule.name}" names tags of ${place}; it does nothing here`);
    } else if (needed && needed.endpoint !== item.endpoint) {
      from
        .place("profile")
        .fail(
          `rule "${rule.name}" depends on "${needed.tag.name}", which is on ${needed.endpoint}, not on ${item.endpoint}`,
        );
    }
  }
}

/** IEC 62443: what comes into a zone comes through a conduit; one that is missing was forgotten. */
function warnWithoutConduit({ zones, conduits, assets }: PlantParts): void {
  const carried = carriedInto(itemsOf(zones), itemsOf(conduits));
  for (const { item, endpoints } of assets) {
    for (const { item: endpoint, from } of endpoints) {
      const { protocol } = endpoint;
      if (carried.get(item.zone)?.has(protocol)) continue;
      from.at.warn(`no conduit carries ${protocol} into zone "${item.zone}"; add one`);
    }
  }
}

/** What comes into each zone, by conduits of its own and of those around it. */
function carriedInto(
  zones: readonly Zone[],
  conduits: readonly Conduit[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const own = new Map<string, string[]>();
  for (const { to, protocols } of conduits) own.set(to, [...(own.get(to) ?? []), ...protocols]);
  return new Map(
    zones.map(({ id }) => [
      id,
      new Set(withParents(id, zones).flatMap((each) => own.get(each) ?? [])),
    ]),
  );
}

/** Limits are counted per endpoint: a device that two endpoints share sees the sum. */
function warnSharedAddress(assets: readonly SourcedAsset[]): void {
  const seen = new Map<string, { readonly name: string; readonly endpoint: Endpoint }[]>();
  for (const { item, endpoints } of assets) {
    for (const { item: endpoint, from } of endpoints) {
      const address = `${endpoint.host} port ${endpoint.port}`;
      const others = seen.get(address) ?? [];
      const same = others.find((other) => overlap(unitsOf(other.endpoint), unitsOf(endpoint)));
      if (same && endpoint.host !== "") {
        from
          .place("address")
          .warn(`${address} is also ${same.name}; their limits are counted apart`);
      }
      others.push({ name: `${item.id}/${endpoint.id}`, endpoint });
      seen.set(address, others);
    }
  }
}

/** Units behind one address are devices of their own; other protocols have but one. */
function unitsOf(endpoint: Endpoint): readonly number[] {
  return endpoint.protocol === "modbus" ? endpoint.units : [0];
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  return a.some((each) => b.includes(each));
}
