/** Site, zones and conduits of a plant file: IEC 62443-3-2's picture of the plant. */
import { NAME_LENGTH_MAX, SUPERVISORS_PER_SITE_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { distinct, identifier, integer, name, oneOf, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";
import type { Conduit, Site, Zone } from "./zone-model.ts";

/** Levels of the Purdue model; 3.5 is the industrial DMZ. */
const PURDUE_LEVELS: readonly number[] = [0, 1, 2, 3, 3.5, 4, 5];

/** What a conduit may carry. Endpoints of this version speak the first. */
export const CONDUIT_PROTOCOLS = ["modbus", "opcua", "ssh", "vnc", "web", "http", "tcp"] as const;

/** A part of the plant together with where it is written, for checks that come later. */
export interface Sourced<T> {
  readonly item: T;
  readonly from: Mapping;
}

/** What the broker serves as a whole. */
export function site(references: References): Reading<Site> {
  return (value) => {
    const from = Mapping.read(value, "the site");
    if (!from) return undefined;
    const item = namedSite(from, references);
    from.finish();
    return item;
  };
}

/** One of the sites within it. */
export function siteWithin(references: References): Reading<Sourced<Site>> {
  return (value) => {
    const from = Mapping.read(value, "a site");
    if (!from) return undefined;
    const named = namedSite(from, references);
    const supervisors = from.take("supervisors", emails);
    from.finish();
    return { item: { ...named, ...(supervisors && { supervisors }) }, from };
  };
}

function namedSite(from: Mapping, references: References): Site {
  const id = from.need("id", identifier) ?? "";
  if (id !== "") references.define("site", id, from.place("id"));
  return {
    id,
    name: from.need("name", name) ?? "",
    timeZone: from.need("time-zone", timeZone) ?? "UTC",
  };
}

const email: Reading<string> = (value) => {
  const read = text(NAME_LENGTH_MAX)(value);
  if (read === undefined || /^[^\s@]+@[^\s@]+$/.test(read)) return read?.toLowerCase();
  return value.fail(`"${read}" is not an e-mail address; a site names its supervisors by theirs`);
};

const emails = distinct(email, { min: 1, max: SUPERVISORS_PER_SITE_MAX });

const timeZone: Reading<string> = (value) => {
  const zone = name(value);
  if (zone === undefined || isTimeZone(zone)) return zone;
  return value.fail(`"${zone}" is not a time zone; write an IANA name like Europe/Vienna`);
};

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return /^[A-Za-z]/.test(zone);
  } catch {
    return false;
  }
}

export function zone(references: References): Reading<Sourced<Zone>> {
  return (value) => {
    const from = Mapping.read(value, "a zone");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("zone", id, from.place("id"));
    const parent = from.take("parent", zoneOf(references));
    const at = from.take("site", siteOf(references));
    if (parent !== undefined && at !== undefined) {
      from
        .place("site")
        .fail(
          `zone "${id}" lies in "${parent}", so at its site; only the outermost zone names one`,
        );
    }
    const item = {
      id,
      name: from.need("name", name) ?? id,
      level: from.need("level", purdueLevel) ?? 0,
      securityLevelTarget: from.need("sl-t", integer(0, 4)) ?? 0,
      ...(parent === undefined ? {} : { parent }),
      ...(at === undefined ? {} : { site: at }),
    };
    from.finish();
    return { item, from };
  };
}

const purdueLevel: Reading<number> = (value) => {
  const { scalar } = value;
  if (typeof scalar === "number" && PURDUE_LEVELS.includes(scalar)) return scalar;
  return value.fail(`a Purdue level is one of ${PURDUE_LEVELS.join(", ")}`);
};

/** The id of a site, as for a zone. */
export function siteOf(references: References): Reading<string> {
  return (value) => {
    const id = identifier(value);
    if (id !== undefined) references.use("site", id, value);
    return id;
  };
}

/** The id of a zone, which must exist somewhere in the file. */
export function zoneOf(references: References): Reading<string> {
  return (value) => {
    const id = identifier(value);
    if (id !== undefined) references.use("zone", id, value);
    return id;
  };
}

export function conduit(references: References): Reading<Sourced<Conduit>> {
  return (value) => {
    const from = Mapping.read(value, "a conduit");
    if (!from) return undefined;
    const item = {
      from: from.need("from", zoneOf(references)) ?? "",
      to: from.need("to", zoneOf(references)) ?? "",
      protocols: from.need("protocols", protocols) ?? [],
    };
    if (item.from !== "" && item.from === item.to) {
      from
        .place("to")
        .fail(`a conduit leads from one zone to another, not from "${item.to}" to itself`);
    }
    from.finish();
    return { item, from };
  };
}

const protocols: Reading<readonly string[]> = distinct(oneOf(CONDUIT_PROTOCOLS), {
  min: 1,
  max: CONDUIT_PROTOCOLS.length,
});

/** A site without a zone has nothing to show, and somebody who waits for it. */
export function warnEmptySites(sites: readonly Sourced<Site>[], zones: readonly Sourced<Zone>[]) {
  const used = new Set(zones.map(({ item }) => item.site));
  for (const { item, from } of sites) {
    if (used.has(item.id)) continue;
    from
      .place("id")
      .warn(`no zone is at the site "${item.id}"; write site: ${item.id} at its zones`);
  }
}

/** Reports zones that contain themselves. */
export function checkZoneParents(zones: readonly Sourced<Zone>[]): void {
  const parentOf = new Map(zones.map(({ item }) => [item.id, item.parent]));
  for (const { item, from } of zones) {
    const circle = circleFrom(item.id, parentOf);
    if (circle) {
      from.place("parent").fail(`zones contain each other in a circle: ${circle.join(" in ")}`);
    }
  }
}

function circleFrom(
  id: string,
  parentOf: ReadonlyMap<string, string | undefined>,
): readonly string[] | undefined {
  const path = [id];
  const passed = new Set<string>();
  for (let at = parentOf.get(id); at !== undefined && !passed.has(at); at = parentOf.get(at)) {
    path.push(at);
    if (at === id) return path;
    passed.add(at);
  }
  return undefined;
}

/** The zone and all that contain it, innermost first. Safe on circles. */
export function withParents(id: string, zones: readonly Zone[]): readonly string[] {
  const parentOf = new Map(zones.map((each) => [each.id, each.parent]));
  const chain = new Set<string>();
  for (let at: string | undefined = id; at !== undefined && !chain.has(at); at = parentOf.get(at)) {
    chain.add(at);
  }
  return [...chain];
}

/** Values of a list that were read together with their places. */
export function itemsOf<T>(sourced: readonly Sourced<T>[]): readonly T[] {
  return sourced.map(({ item }) => item);
}
