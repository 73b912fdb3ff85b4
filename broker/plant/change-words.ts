/** What a change of the plant does, in plain words: one line for each part that is another one. Pure. */
import type { Asset, Endpoint, Plant } from "./model.ts";
import { others } from "./plant-parts.ts";

export type PartKind =
  | "site"
  | "zone"
  | "conduit"
  | "asset"
  | "endpoint"
  | "tag"
  | "profile"
  | "rule"
  | "grant"
  | "approval"
  | "condition"
  | "key-switch"
  | "response";

export interface PartChange {
  readonly kind: PartKind;
  /** Endpoints as `ASSET/ENDPOINT`, tags and rules behind what they belong to. */
  readonly id: string;
  readonly change: "added" | "changed" | "removed";
  /** What is other than before; empty where the id says it all. */
  readonly says: string;
}

/** More lines than this nobody reads; their number is told. */
export const CHANGES_MAX = 500;
/** Of one part. */
const FIELDS_MAX = 6;
const VALUE_LENGTH_MAX = 80;

export interface PlantWords {
  readonly changes: readonly PartChange[];
  /** Beyond those. */
  readonly more: number;
}

/** In the order in which a plant file has its parts. */
export function plantWords(before: Plant, after: Plant): PlantWords {
  const assets = others(before.assets, after.assets);
  const all = [
    ...parts("site", [{ ...before.site, id: "" }], [{ ...after.site, id: "" }], byId, flat),
    ...siteId(before, after),
    ...parts("site", before.sites, after.sites, byId, flat),
    ...parts("zone", before.zones, after.zones, byId, flat),
    ...parts(
      "conduit",
      before.conduits,
      after.conduits,
      (each) => `${each.from} → ${each.to}`,
      flat,
    ),
    ...parts("asset", ...assets, byId, withoutEndpoints),
    ...endpoints(...assets),
    ...parts("profile", before.profiles, after.profiles, byId, ({ rules, ...rest }) => flat(rest)),
    ...rules(before, after),
    ...ruleOrder(before, after),
    ...parts("grant", before.grants, after.grants, byId, flat),
    ...parts("approval", before.approvals, after.approvals, ({ zone }) => zone, flat),
    ...parts("condition", before.conditions, after.conditions, conditionName, flat),
    ...parts("key-switch", before.keySwitches, after.keySwitches, byId, flat),
    ...parts("response", before.responses, after.responses, byId, flat),
    ...order("response", "", before.responses.map(byId), after.responses.map(byId)),
  ];
  return { changes: all.slice(0, CHANGES_MAX), more: Math.max(0, all.length - CHANGES_MAX) };
}

const byId = ({ id }: { readonly id: string }) => id;

function conditionName({ zone, profile }: Plant["conditions"][number]): string {
  return [zone, profile].filter((each) => each !== undefined).join(", ");
}

function siteId(before: Plant, after: Plant): readonly PartChange[] {
  if (before.site.id === after.site.id) return [];
  const says = `id: ${before.site.id} → ${after.site.id}`;
  return [{ kind: "site", id: "", change: "changed", says }];
}

function withoutEndpoints({ endpoints: own, ...rest }: Asset): Fields {
  return flat({ ...rest, endpoints: own.map(({ id }) => id).join(", ") });
}

function endpoints(before: readonly Asset[], after: readonly Asset[]): readonly PartChange[] {
  const [old, fresh] = [named(before), named(after)];
  const known = new Map(old.map((each) => [each.name, each.endpoint]));
  return [
    ...parts(
      "endpoint",
      old,
      fresh,
      ({ name }) => name,
      ({ endpoint }) => ofEndpoint(endpoint),
    ),
    ...fresh.flatMap(({ name, endpoint }) => {
      const was = known.get(name);
      // Most endpoints stay as they are: thousands of tags are told to be so at once.
      const isSame = JSON.stringify(was) === JSON.stringify(endpoint);
      return was && !isSame ? points(name, was, endpoint) : [];
    }),
  ];
}

function named(assets: readonly Asset[]) {
  return assets.flatMap(({ id, endpoints: own }) =>
    own.map((endpoint) => ({ name: `${id}/${endpoint.id}`, endpoint })),
  );
}

/** What it is and where comes first: of one that is new nobody reads as far as its limits. */
function ofEndpoint(endpoint: Endpoint): Fields {
  const { tags, protocol, host, port, limits, ...rest } = endpoint;
  const own = { protocol, address: `${host}:${port}`, ...rest, limits };
  const fields = flat(own, ["id", "nodes"]);
  const count = pointsOf(endpoint).length;
  return count > 0 ? new Map([...fields, ["tags", String(count)]]) : fields;
}

function points(name: string, before: Endpoint, after: Endpoint): readonly PartChange[] {
  const id = (point: { readonly name: string }) => `${name} ${point.name}`;
  return parts("tag", pointsOf(before), pointsOf(after), id, (point) => flat(point, ["name"]));
}

function pointsOf(endpoint: Endpoint): readonly { readonly name: string }[] {
  return endpoint.protocol === "opcua" ? endpoint.nodes : endpoint.tags;
}

/** Of a new profile too: what it permits is what somebody signs. */
function rules(before: Plant, after: Plant): readonly PartChange[] {
  const known = new Map(before.profiles.map((profile) => [profile.id, profile.rules]));
  return after.profiles.flatMap(({ id, rules: fresh }) =>
    parts(
      "rule",
      known.get(id) ?? [],
      fresh,
      ({ name }) => name,
      (rule) => flat(rule, ["name"]),
    ),
  );
}

/** The first rule that covers an operation decides, and the first response that fits a finding. */
function ruleOrder(before: Plant, after: Plant): readonly PartChange[] {
  const names = ({ profiles }: Plant) =>
    new Map(profiles.map(({ id, rules: own }) => [id, own.map(({ name }) => name)]));
  const known = names(before);
  return [...names(after)].flatMap(([id, fresh]) => order("rule", id, known.get(id) ?? [], fresh));
}

/** Of those that were there before and are there still. */
function order(
  kind: PartKind,
  id: string,
  before: readonly string[],
  after: readonly string[],
): readonly PartChange[] {
  const [had, has] = [new Set(before), new Set(after)];
  const was = before.filter((name) => has.has(name)).join(", ");
  const is = after.filter((name) => had.has(name)).join(", ");
  if (was === is) return [];
  return [{ kind, id, change: "changed", says: `order: ${cut(was)} → ${cut(is)}` }];
}

/** What a part says, flat: `limits.max` → `45`. */
type Fields = ReadonlyMap<string, string>;

function parts<T>(
  kind: PartKind,
  before: readonly T[],
  after: readonly T[],
  idOf: (part: T) => string,
  fieldsOf: (part: T) => Fields,
): readonly PartChange[] {
  const old = numbered(before, idOf);
  const fresh = numbered(after, idOf);
  const changes: PartChange[] = [];
  for (const [id, part] of fresh) {
    const was = old.get(id);
    if (was === undefined) {
      // What nobody is shown is not put into words.
      const says = changes.length < CHANGES_MAX ? summary(fieldsOf(part)) : "";
      changes.push({ kind, id, change: "added", says });
    } else if (was !== part) {
      const says = difference(fieldsOf(was), fieldsOf(part));
      if (says !== "") changes.push({ kind, id, change: "changed", says });
    }
  }
  for (const id of old.keys()) {
    if (!fresh.has(id)) changes.push({ kind, id, change: "removed", says: "" });
  }
  return changes;
}

/** Conduits and conditions may be about the same twice: neither hides the other. */
function numbered<T>(all: readonly T[], idOf: (part: T) => string): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const part of all) {
    const id = idOf(part);
    let own = id;
    for (let n = 2; found.has(own); n++) own = `${id} (${n})`;
    found.set(own, part);
  }
  return found;
}

function summary(fields: Fields): string {
  return shortened([...fields].map(([name, value]) => `${words(name)}: ${value}`));
}

function difference(before: Fields, after: Fields): string {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const other = names.filter((name) => before.get(name) !== after.get(name));
  return shortened(
    other.map((name) => {
      const [was, is] = [before.get(name) ?? "–", after.get(name) ?? "–"];
      return `${words(name)}: ${was} → ${is}`;
    }),
  );
}

function shortened(all: readonly string[]): string {
  const more = all.length - FIELDS_MAX;
  return [...all.slice(0, FIELDS_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}

/** `limits.connectTimeoutMs` → `limits connect timeout ms`; what a rule matches it says by itself. */
function words(name: string): string {
  const own = name.replace(/^match\.(own\.)?/, "");
  return own.replace(/[.]/g, " ").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function flat(part: object, without: readonly string[] = ["id"]): Fields {
  const fields = new Map<string, string>();
  const add = (name: string, value: unknown): void => {
    if (value === undefined || value === "") return;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, each] of Object.entries(value)) add(`${name}.${key}`, each);
    } else fields.set(name, cut(Array.isArray(value) ? listText(value) : String(value)));
  };
  for (const [key, value] of Object.entries(part)) if (!without.includes(key)) add(key, value);
  return fields;
}

function listText(list: readonly unknown[]): string {
  if (list.some((each) => typeof each === "object")) return JSON.stringify(list);
  return list.join(" ");
}

/** Two long values that differ behind the cut would look the same: the end is kept apart. */
function cut(text: string): string {
  if (text.length <= VALUE_LENGTH_MAX) return text;
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (sum * 31 + text.charCodeAt(at)) | 0;
  return `${text.slice(0, VALUE_LENGTH_MAX)}… (${text.length} characters, #${(sum >>> 0).toString(16)})`;
}
