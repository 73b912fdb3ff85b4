/** Key switches of the plant: what the broker reads, what they cover, and what off means. */
import type { KeySwitch, KeySwitchScope, Tag } from "./model.ts";
import type { SourcedAsset } from "./parse-asset.ts";
import { type Sourced, zoneOf } from "./parse-zones.ts";
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

/** `site`, or `{ zone: ID }`, or `{ asset: ID }`. */
function scope(references: References): Reading<KeySwitchScope> {
  return (value) => {
    if (value.scalar === "site") return { kind: "site" };
    const from = Mapping.read(value, 'what a key switch covers, if it is not "site",');
    if (!from) return undefined;
    const zone = from.take("zone", zoneOf(references));
    const asset = from.take("asset", (at) => {
      const read = identifier(at);
      if (read !== undefined) references.use("asset", read, at);
      return read;
    });
    from.finish();
    if (from.has("zone") === from.has("asset")) {
      return value.fail("write site, { zone: ID } or { asset: ID }");
    }
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
    if (found.tag.type !== "bool" && found.tag.type !== "uint16" && found.tag.type !== "int16") {
      from.place("tag").fail(`"${named}" takes several registers; a key switch is one value`);
    }
    if (found.tag.type === "bool" && on > 1) {
      from.place("on").fail("a coil or discrete input is 0 or 1");
    }
    if (found.connectionsMax === 1) {
      from
        .place("tag")
        .warn(`${found.endpoint} allows one connection: reading the switch takes it from people`);
    }
    const { endpoint, tag } = found;
    return [{ ...rest, input: { kind: "modbus" as const, endpoint, tag, on } }];
  });
}

function findTag(
  named: string,
  assets: readonly SourcedAsset[],
): { readonly endpoint: string; readonly tag: Tag; readonly connectionsMax: number } | undefined {
  for (const { item, endpoints } of assets) {
    for (const { item: endpoint } of endpoints) {
      if (endpoint.protocol !== "modbus") continue;
      const tag = endpoint.tags.find((each) => each.name === named);
      const { connectionsMax } = endpoint.limits;
      if (tag) return { endpoint: `${item.id}/${endpoint.id}`, tag, connectionsMax };
    }
  }
  return undefined;
}
