/** Key switches of the plant: what the broker reads, what they cover, and what off means. */
import type { Endpoint, KeySwitch, KeySwitchInput, KeySwitchScope, Tag } from "./model.ts";
import type { SourcedAsset } from "./parse-asset.ts";
import { type Sourced, siteOf, zoneOf } from "./parse-zones.ts";
import { NAME_LENGTH_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { identifier, integer, name, oneOf, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** As written: the tag is looked up once all assets are known. */
export interface NamedKeySwitch extends Omit<KeySwitch, "input"> {
  readonly tag: string;
  readonly on: number;
}

export function keySwitch(references: References): Reading<Sourced<NamedKeySwitch>> {
  return (value) => {
    const from = Mapping.read(value, "a key switch");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("key switch", id, from.place("id"));
    const item = {
      id,
      name: from.need("name", name) ?? id,
      tag: from.need("tag", tagOf(references)) ?? "",
      on: from.take("on", integer(0, 65_535)) ?? 1,
      covers: from.need("covers", scope(references)) ?? { kind: "site" as const },
      whenOff: from.take("when-off", oneOf(["read-only", "end"])) ?? ("read-only" as const),
      whenOn: from.take("when-on", oneOf(["resume", "wait"])) ?? ("resume" as const),
    };
    from.finish();
    return { item, from };
  };
}

function tagOf(references: References): Reading<string> {
  return (value) => {
    const read = text(NAME_LENGTH_MAX)(value);
    if (read !== undefined) references.use("tag", read, value);
    return read;
  };
}

/** `site`, or `{ site: ID }`, `{ zone: ID }` or `{ asset: ID }`. */
function scope(references: References): Reading<KeySwitchScope> {
  return (value) => {
    if (value.scalar === "site") return { kind: "site" };
    const from = Mapping.read(value, 'what a key switch covers, if it is not "site",');
    if (!from) return undefined;
    const site = from.take("site", siteOf(references));
    const zone = from.take("zone", zoneOf(references));
    const asset = from.take("asset", (at) => {
      const read = identifier(at);
      if (read !== undefined) references.use("asset", read, at);
      return read;
    });
    from.finish();
    if (["site", "zone", "asset"].filter((key) => from.has(key)).length !== 1) {
      return value.fail("write site, { site: ID }, { zone: ID } or { asset: ID }");
    }
    if (site !== undefined) return { kind: "site", id: site };
    if (zone !== undefined) return { kind: "zone", id: zone };
    return { kind: "asset", id: asset ?? "" };
  };
}

/** Finds the tags; reports what cannot be read as one raw value. */
export function findInputs(
  switches: readonly Sourced<NamedKeySwitch>[],
  assets: readonly SourcedAsset[],
): readonly KeySwitch[] {
  return switches.flatMap(({ item, from }) => {
    const { tag: named, on, ...rest } = item;
    const found = findTag(named, assets);
    // One that is nowhere is reported with all other references.
    if (!found) return [];
    if (found.kind === "modbus") checkRegister(found.tag, on, from);
    if (found.connectionsMax === 1) {
      from
        .place("tag")
        .warn(`${found.endpoint} allows one connection: reading the switch takes it from people`);
    }
    const { connectionsMax: _, ...input } = found;
    return [{ ...rest, input: { ...input, on } }];
  });
}

function checkRegister({ name: named, type }: Tag, on: number, from: Mapping): void {
  if (type !== "bool" && type !== "uint16" && type !== "int16") {
    from.place("tag").fail(`"${named}" takes several registers; a key switch is one value`);
  }
  if (type === "bool" && on > 1) from.place("on").fail("a coil or discrete input is 0 or 1");
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type FoundTag = Without<KeySwitchInput, "on"> & { readonly connectionsMax: number };

function findTag(named: string, assets: readonly SourcedAsset[]): FoundTag | undefined {
  for (const { item, endpoints } of assets) {
    for (const { item: endpoint } of endpoints) {
      const place = { endpoint: `${item.id}/${endpoint.id}`, ...connectionsOf(endpoint) };
      if (endpoint.protocol === "modbus") {
        const tag = endpoint.tags.find((each) => each.name === named);
        if (tag) return { kind: "modbus", tag, ...place };
      }
      if (endpoint.protocol === "opcua") {
        const tag = endpoint.nodes.find((each) => each.name === named);
        if (tag) return { kind: "opcua", tag, ...place };
      }
    }
  }
  return undefined;
}

function connectionsOf({ limits: { connectionsMax } }: Endpoint) {
  return { connectionsMax };
}
