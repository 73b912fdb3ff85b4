/** The plant as one person may see it: vendors only what a grant of theirs names. */
import { hash } from "node:crypto";
import type { Access, Grant, PlantInForce } from "../../access/access.ts";
import { needsOf } from "../../access/standing-conditions.ts";
import type {
  Asset,
  Endpoint,
  KeySwitchScope,
  OpcUaEndpoint,
  Plant,
  Profile,
  Tag,
} from "../../plant/model.ts";
import { indexOf } from "../../plant/plant-index.ts";
import type { Site, Zone } from "../../plant/zone-model.ts";
import { writableNodes } from "../../policy/opcua-reach.ts";
import { classesOf, type WriteReach, writableTags } from "../../policy/profile-reach.ts";
import type { Right } from "../../policy/rights.ts";
import type { LiveSession } from "../../sessions/session.ts";
import type { Lock, Person } from "../../store/model.ts";
import type {
  AssetStateView,
  AssetTagsView,
  AssetView,
  EndpointView,
  MyGrantView,
  NamedSiteView,
  NodeTagView,
  PlantView,
  TagView,
} from "../shapes/plant.ts";

/** The plant in force, and what is wrong with a newer file that is not. */
export interface PlantShown extends PlantInForce {
  problem(): string | undefined;
}

export type PlantAccess = Pick<
  Access<LiveSession>,
  "viewable" | "grantsByEndpoint" | "classes" | "locks" | "keySwitches"
>;

/** The plant as it is now, its assets still to be shown: each of them costs the same. */
export interface PlantParts {
  readonly rest: Omit<PlantView, "assets">;
  readonly assets: readonly Asset[];
  show(asset: Asset): AssetView;
  /** Undefined where there is nothing to tell of it. */
  state(asset: Asset): AssetStateView | undefined;
}

/** Who asks, and for what. */
export interface Asking {
  readonly person: Person;
  readonly rights: ReadonlySet<Right>;
  /** Whether what they ask with reaches it. */
  reaches(asset: Asset): boolean;
}

export function plantParts(
  source: PlantShown,
  access: PlantAccess,
  live: PlantLive,
  { person, rights, reaches }: Asking,
): PlantParts {
  const plant = source.current();
  const view = viewOf(plant, access, live, person, rights);
  const isViewable = access.viewable(person);
  const assets = plant.assets.filter((asset) => isViewable(asset) && reaches(asset));
  const zones = zonesAround(plant, assets);
  const seen = new Set(zones.map((zone) => zone.id));
  const sitesSeen = new Set(zones.map(({ id }) => indexOf(plant).siteOfZone(id).id));
  const rest = {
    fixed: fixedOf(view, assets),
    site: siteView(plant.site),
    sites: plant.sites.filter(({ id }) => sitesSeen.has(id)).map(siteView),
    zones: zones.map(({ parent, ...zone }) => ({
      ...{ ...zone, parent: parent ?? null },
      site: indexOf(plant).siteOfZone(zone.id).id,
    })),
    conduits: plant.conduits
      .filter((conduit) => seen.has(conduit.from) && seen.has(conduit.to))
      .map((conduit) => ({ ...conduit, protocols: [...conduit.protocols] })),
    keySwitches: keySwitchViews(view, assets),
    profiles: view.manages ? plant.profiles.map(profileView) : [],
    digest: plant.digest,
    problem: view.manages ? (source.problem() ?? null) : null,
  };
  const state = (asset: Asset) => {
    const found = assetState(view, asset);
    return isPlain(found) ? undefined : found;
  };
  return { rest, assets, show: (asset) => assetView(view, asset), state };
}

/** What a view of the plant is made from, but for what `assetState` tells. */
function fixedOf({ plant, manages }: ViewOf, assets: readonly Asset[]): string {
  const all = assets.length === plant.assets.length;
  const seen = all ? "all" : assets.map(({ id }) => id).join(" ");
  return hash("sha256", `${plant.digest} ${manages} ${seen}`, "base64url");
}

/** Who supervises there is nobody's business here. */
export function siteView({ id, name, timeZone }: Site): NamedSiteView {
  return { id, name, timeZone };
}

/** The connection of a gateway, as far as it is shown. */
export interface GatewaySeen {
  readonly isReady: boolean;
  readonly sinceMs: number;
  carries(endpoint: string): number;
}

export interface PlantLive {
  readonly sessions: readonly LiveSession[];
  /** Undefined while it is away. */
  gatewayOf(name: string): GatewaySeen | undefined;
}

/** What is the same for all assets, so that each costs the same however many there are. */
interface ViewOf extends Pick<PlantLive, "gatewayOf"> {
  readonly plant: Plant;
  readonly access: PlantAccess;
  readonly person: Person;
  /** Administers grants: sees addresses, profiles and problems. */
  readonly manages: boolean;
  /** Live sessions by asset. */
  readonly sessions: ReadonlyMap<string, number>;
  readonly grants: ReadonlyMap<string, readonly Grant[]>;
  readonly locks: readonly Lock[];
}

function viewOf(
  plant: Plant,
  access: PlantAccess,
  { sessions, gatewayOf }: PlantLive,
  person: Person,
  rights: ReadonlySet<Right>,
): ViewOf {
  const counts = new Map<string, number>();
  for (const { claims } of sessions) {
    counts.set(claims.asset.id, (counts.get(claims.asset.id) ?? 0) + 1);
  }
  return {
    ...{ plant, access, person, gatewayOf, sessions: counts },
    manages: rights.has("grant:manage"),
    grants: access.grantsByEndpoint(person),
    locks: access.locks.list(),
  };
}

/** Who sees every asset sees every zone; others see the zones of their assets and what contains them. */
function zonesAround(plant: Plant, assets: readonly Asset[]): readonly Zone[] {
  if (assets.length === plant.assets.length) return plant.zones;
  const byId = new Map(plant.zones.map((zone) => [zone.id, zone]));
  const seen = new Set<Zone>();
  for (const asset of assets) {
    let zone = byId.get(asset.zone);
    while (zone && !seen.has(zone)) {
      seen.add(zone);
      zone = zone.parent === undefined ? undefined : byId.get(zone.parent);
    }
  }
  return plant.zones.filter((zone) => seen.has(zone));
}

/** By a lock of its own, of a zone around it or of the site, whoever comes. */
function isShut({ access, locks }: ViewOf, asset: Asset): boolean {
  return locks.some((lock) => access.locks.covers(lock, asset.id));
}

function assetView(view: ViewOf, asset: Asset): AssetView {
  const { endpoints: states, ...state } = assetState(view, asset);
  const { name, zone, description, vendor, model } = asset;
  const endpoints = asset.endpoints.map((endpoint, at) => ({
    ...endpointView(view, asset, endpoint),
    ...(states[at] ?? NOTHING),
  }));
  return { ...state, ...{ name, zone, description, vendor, model, endpoints } };
}

/** Of an endpoint that has nothing to tell. */
const NOTHING: AssetStateView["endpoints"][number] = {
  unreachable: false,
  gateways: [],
  grants: [],
};

function assetState(view: ViewOf, asset: Asset): AssetStateView {
  const { id } = asset;
  const sessions = view.sessions.get(id) ?? 0;
  return {
    ...{ id, sessions },
    state: isShut(view, asset) ? "locked" : sessions > 0 ? "in-session" : "idle",
    closed: view.access.keySwitches.over(id).find(({ cause }) => cause)?.cause?.reason ?? null,
    endpoints: asset.endpoints.map((endpoint) => endpointState(view, asset, endpoint)),
  };
}

function endpointState(view: ViewOf, asset: Asset, endpoint: Endpoint) {
  const id = `${asset.id}/${endpoint.id}`;
  const grants = view.grants.get(id);
  if (!grants && !endpoint.gateways) return NOTHING;
  const gateways = gatewayViews(view, id, endpoint);
  return {
    unreachable: gateways.length > 0 && gateways.every(({ sinceMs }) => sinceMs === null),
    gateways: view.manages ? gateways : [],
    grants: grants?.map((grant) => myGrantView(view, grant)) ?? [],
  };
}

function isPlain({ state, closed, endpoints }: AssetStateView): boolean {
  return state === "idle" && closed === null && endpoints.every((each) => each === NOTHING);
}

/** Those that cover something the person sees. */
function keySwitchViews({ plant, access }: ViewOf, assets: readonly Asset[]) {
  const seen = new Set(
    assets.flatMap(({ id }) => access.keySwitches.over(id).map(({ keySwitch }) => keySwitch.id)),
  );
  return access.keySwitches
    .list()
    .filter(({ keySwitch }) => seen.has(keySwitch.id))
    .map(({ keySwitch, state, why, readMs }) => ({
      ...{ id: keySwitch.id, name: keySwitch.name, whenOff: keySwitch.whenOff },
      covers: { kind: keySwitch.covers.kind, name: scopeName(plant, keySwitch.covers) },
      ...{ state, why, readMs },
    }));
}

function scopeName(plant: Plant, scope: KeySwitchScope): string {
  const { site, zones, assets } = plant;
  if (scope.kind === "site") return (indexOf(plant).siteOf(scope.id ?? "") ?? site).name;
  const among = scope.kind === "zone" ? zones : assets;
  return among.find(({ id }) => id === scope.id)?.name ?? scope.id;
}

function endpointView(view: ViewOf, asset: Asset, endpoint: Endpoint) {
  return {
    id: `${asset.id}/${endpoint.id}`,
    protocol: endpoint.protocol,
    address: view.manages ? `${endpoint.host}:${endpoint.port}` : null,
    units: endpoint.protocol === "modbus" ? [...endpoint.units] : [],
    pollMinMs: pollMinMs(endpoint),
    tags: namesOf(endpoint),
  };
}

function gatewayViews({ gatewayOf }: ViewOf, id: string, { gateways = [] }: Endpoint) {
  return gateways.map((name) => {
    const link = gatewayOf(name);
    const isThere = link?.isReady === true;
    return { name, sinceMs: isThere ? link.sinceMs : null, carries: link?.carries(id) ?? 0 };
  });
}

/** A cycle of a workbench reads about this many blocks. */
const READS_PER_CYCLE = 4;
/** Faster than this no person sees a difference. */
const POLL_FLOOR_MS = 200;

/** What one finds an endpoint by; what its points are says `assetTags`. */
function namesOf(endpoint: Endpoint): EndpointView["tags"] {
  return endpoint.tags.map(({ name, unit }) => ({ name, unit }));
}

/** The points of an asset, and how far the person could write each now. */
export function assetTags(
  plant: Plant,
  access: PlantAccess,
  asset: Asset,
  person: Person,
): AssetTagsView {
  const byEndpoint = access.grantsByEndpoint(person);
  return asset.endpoints.map((endpoint) => {
    const id = `${asset.id}/${endpoint.id}`;
    const best = byEndpoint.get(id)?.[0];
    const operates = best && access.classes(person, best).includes("operate");
    return { id, tags: tagViews(endpoint, operates ? profileOf(plant, best) : undefined) };
  });
}

/** How often one workbench may read all it shows and leave most of the endpoint's rate to others. */
function pollMinMs(endpoint: Endpoint): number {
  const perSecond = endpoint.limits.requestsPerSecond;
  return Math.max(POLL_FLOOR_MS, Math.ceil((1_000 * READS_PER_CYCLE) / perSecond));
}

/** The points of an endpoint, and how far this profile lets them be written. */
export function tagViews(endpoint: Endpoint, profile: Profile | undefined): TagView[] {
  const registers = endpoint.protocol === "modbus" && profile;
  const writable = registers ? writableTags(profile, endpoint) : new Map<string, WriteReach>();
  return endpoint.tags.map((tag) => tagView(tag, profile?.id ?? "", writable.get(tag.name)));
}

/** The named nodes of an OPC UA endpoint, and how far this profile lets them be written. */
export function nodeTagViews(endpoint: OpcUaEndpoint, profile: Profile): NodeTagView[] {
  const writable = writableNodes(profile, endpoint);
  return endpoint.nodes.map(({ min, max, states, ...rest }) => {
    const reach = writable.get(rest.name);
    return {
      ...rest,
      ...{ min: min ?? null, max: max ?? null },
      states: states.map(({ value, word }) => ({ value, word })),
      allowed: reach ? allowedView(profile.id, reach) : null,
    };
  });
}

function profileOf(plant: Plant, grant: Grant): Profile | undefined {
  return indexOf(plant).profiles.get(grant.profile);
}

function tagView(tag: Tag, profile: string, reach: WriteReach | undefined): TagView {
  const { min, max, states, ...rest } = tag;
  return {
    ...rest,
    min: min ?? null,
    max: max ?? null,
    states: states.map(({ value, word }) => ({ value, word })),
    writable: reach !== undefined,
    allowed: reach ? allowedView(profile, reach) : null,
  };
}

function allowedView(profile: string, reach: WriteReach): NonNullable<TagView["allowed"]> {
  const { rule, min, max, values, stepMax, intervalMs, intervalCount } = reach;
  return {
    profile,
    rule,
    ...(reach.held && { held: true }),
    min: min ?? null,
    max: max ?? null,
    values: values ? [...values] : null,
    stepMax: stepMax ?? null,
    every: intervalMs === undefined ? null : { ms: intervalMs, count: intervalCount ?? 1 },
    while: reach.while ? { ...reach.while } : null,
  };
}

function myGrantView(view: ViewOf, grant: Grant): MyGrantView {
  return {
    id: grant.id,
    endpoint: grant.endpoint,
    profile: grant.profile,
    profileDescription: profileOf(view.plant, grant)?.description ?? "",
    classes: [...view.access.classes(view.person, grant)],
    fromMs: grant.fromMs,
    untilMs: grant.untilMs,
    live: grant.state === "live",
    needs: needsView(view.plant, grant),
  };
}

export function needsView(plant: Plant, grant: Grant): MyGrantView["needs"] {
  const { supervisor, consent } = needsOf(plant, grant);
  return { supervisor: supervisor ?? null, consent: consent ?? false };
}

function profileView(profile: Profile): PlantView["profiles"][number] {
  return {
    id: profile.id,
    description: profile.description,
    classes: [...classesOf(profile)],
  };
}
