/**
 * The one place where it is decided who may do what: rights of the console and classes of
 * operation alike. It puts together what is known about a person, an asset and the moment, and
 * asks the policies in force. Grants, cuts and locks act before it and do not wait for it.
 */
import { isIP } from "node:net";
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { Clock } from "../clock.ts";
import type { DeviceFacts } from "../identity/device-facts.ts";
import { reaches, type TokenScope } from "../identity/token-scope.ts";
import type { Asset, Plant } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import { rolesAtSite } from "../plant/site-roles.ts";
import type { Site } from "../plant/zone-model.ts";
import {
  type AccessInput,
  ageSeconds,
  type ContextChange,
  type ContextInput,
  contextWith,
  type ResourceInput,
  UNKNOWN_CONTEXT,
  type ZoneInput,
} from "../policy/access-input.ts";
import { type CapabilityDecision, decideCapabilities, mayDo } from "../policy/capabilities.ts";
import type { PolicySet, Ruling } from "../policy/policy-set.ts";
import { RIGHTS, type Right, WORKLOAD_RIGHTS } from "../policy/rights.ts";
import { isWorkload, type Lock, type Person, type SignIn } from "../store/model.ts";
import type { Demands } from "./demands.ts";
import { canonicalJson } from "./permits.ts";
import type { PolicyInForce } from "./policies/policy-store.ts";
import { SiteTime } from "./site-time.ts";

/** Who asks. `SignedIn` satisfies it; without a sign-in nothing is known about the assertion. */
export interface Asker {
  readonly person: Person;
  readonly signIn?: SignIn;
  readonly assertionAgeMs?: number;
  /** Instead of what is known of the sign-in's own. */
  readonly device?: ContextInput["device"];
  /** Of a program with a token: it holds nothing beyond. */
  readonly scope?: TokenScope;
}

export interface DecisionParts {
  readonly policies: PolicyInForce;
  readonly plant: { current(): Plant };
  readonly clock: Clock;
  /** A policy could not be evaluated; told once in a while, not for every decision. */
  alarm?(text: string): void;
  /** Of a site by its id; open and not locked where nobody says otherwise. */
  siteState?(site: string): ContextInput["site"];
  /** Of a person's sign-in; unknown where nobody says. */
  readonly devices?: Pick<DeviceFacts, "of">;
  /** What signals and findings ask of people; nothing where it is left out. */
  readonly demands?: Pick<Demands, "unmet" | "riskOf">;
}

/**
 * Somebody about whom no browser is at hand: the gate has asked with all that is known, or a list
 * shows what they would hold once they have confirmed with their passkey, on a good device.
 */
export function onceAsserted(person: Person): Asker {
  return { person, assertionAgeMs: 1, device: GOOD_DEVICE };
}

/** What any policy could ask for: on such a one nothing is refused for the device's sake. */
export const GOOD_DEVICE: ContextInput["device"] = {
  ...{ self: "", known: true, compliant: true, reportAgeSeconds: 0 },
};

/** What a session wants to hold, or a person would under a grant. */
export interface CapabilityQuestion {
  readonly who: Asker;
  readonly asset: Asset;
  readonly grant: Partial<ContextInput["grant"]> & { readonly id: string };
  /** The classes that the profile can permit at all. */
  readonly asked: readonly OperationClass[];
  readonly session?: Partial<ContextInput["session"]>;
  /** Instead of how the site is now. */
  readonly site?: ContextInput["site"];
}

export interface DecidedCapabilities extends CapabilityDecision {
  /** What was decided on, to be decided again later against other policies. */
  readonly input: AccessInput;
}

/** The same alarm again only after this long. */
const ALARM_QUIET_MS = 15 * 60_000;
/** Different alarms that are remembered as told. */
const ALARMS_MAX = 100;

/** What asking takes, without how it is built. */
export type Decisions = Pick<
  DecisionPoint,
  "may" | "mayAt" | "sitesWith" | "rights" | "onPoliciesChanged"
>;

interface KnownRights {
  readonly set: PolicySet;
  readonly moment: string;
  readonly rights: ReadonlySet<Right>;
}

export class DecisionPoint {
  private readonly parts: DecisionParts;
  private readonly siteTime = new SiteTime();
  private readonly told = new Map<string, number>();
  private readonly known = new WeakMap<Person, KnownRights>();

  constructor(parts: DecisionParts) {
    this.parts = parts;
  }

  get policyDigest(): string {
    return this.parts.policies.current().digest;
  }

  /** Called in the turn in which other policies count. Returns a function that unsubscribes. */
  onPoliciesChanged(listener: () => void): () => void {
    return this.parts.policies.onChanged(() => listener());
  }

  may(who: Asker, right: Right, resource?: ResourceInput): boolean {
    return this.ruling(who, right, resource).permitted;
  }

  /**
   * On an asset: what a person holds on the site as a whole may be closed to them there. Where one
   * that the plant file has no more was, nobody knows.
   */
  mayAt(who: Asker, right: Right, assetId: string): boolean {
    const asset = indexOf(this.parts.plant.current()).assets.get(assetId);
    return asset ? this.may(who, right, this.asset(asset)) : this.mayEverywhere(who, right);
  }

  /**
   * Over all that a lock shuts, or opens where it is lifted. Whoever locks at some site locks a
   * person, who is let in again at each.
   */
  mayOver(who: Asker, right: Right, { kind, target }: Pick<Lock, "kind" | "target">): boolean {
    const plant = this.parts.plant.current();
    if (kind === "asset") return this.mayAt(who, right, target);
    if (kind === "person" && right === "lock:set") return this.may(who, right);
    if (kind === "zone" && indexOf(plant).zones.has(target)) {
      return this.may(who, right, this.zone(target));
    }
    const isPart = kind === "site" && plant.sites.some(({ id }) => id === target);
    return isPart ? this.may(who, right, this.site(target)) : this.mayEverywhere(who, right);
  }

  /** Of the whole and those within it: where somebody holds it. */
  sitesWith(who: Asker, right: Right): ReadonlySet<string> {
    const { site, sites } = this.parts.plant.current();
    const held = [site, ...sites].filter(({ id }) => this.may(who, right, this.site(id)));
    return new Set(held.map(({ id }) => id));
  }

  private mayEverywhere(who: Asker, right: Right): boolean {
    return this.sitesWith(who, right).size === this.parts.plant.current().sites.length + 1;
  }

  /** @param resource the site if it is left out */
  ruling(who: Asker, right: Right, resource: ResourceInput = this.site()): Ruling {
    if (who.person.state !== "active") return NOT_ACTIVE;
    if (who.scope && !isWithin(who.scope, right, resource)) return NOT_IN_SCOPE;
    if (isWorkload(who.person) && !WORKLOAD_RIGHTS.includes(right)) return NEEDS_A_PERSON;
    const site = this.siteOf(resource);
    const subject = this.subjectOf(who.person, site);
    const context = this.contextOf(who, site);
    const ruling = mayDo(this.parts.policies.current(), subject, right, resource, context);
    this.tell(ruling.alarms);
    const stops = ruling.rule === "policy-error" && mayAlwaysStop(subject, right);
    return stops ? { ...ruling, ...STOPPING } : ruling;
  }

  /** All rights on the site; a part of it may still be closed to the person. */
  rights(who: Asker): ReadonlySet<Right> {
    const set = this.parts.policies.current();
    const whole = this.parts.plant.current().site;
    const { authentication, network, time, site, device, risk } = this.contextOf(who, whole);
    const moment = [
      ...[
        authentication.ageSeconds,
        authentication.key,
        network.address,
        time.weekday,
        time.hour,
        time.minute,
      ],
      ...[site.open, site.locked, whole.id],
      ...[device.self, device.known, device.compliant, device.reportAgeSeconds],
      ...[risk.assessed, risk.level, ...risk.reasons],
    ].join(" ");
    const known = this.known.get(who.person);
    if (known?.set === set && known.moment === moment) return within(known.rights, who);
    const { scope: _, ...unbound } = who;
    const rights = new Set(RIGHTS.filter((right) => this.may(unbound, right)));
    this.known.set(who.person, { set, moment, rights });
    return within(rights, who);
  }

  /** What counts for at most 30 s. Who may not open sessions on the asset holds nothing there. */
  capabilities(question: CapabilityQuestion): DecidedCapabilities {
    const { who, asset, grant, asked, session, site } = question;
    const policies = this.parts.policies.current();
    const resource = this.asset(asset);
    const here = this.siteOf(resource);
    const change = { grant, ...(session && { session }), ...(site && { site }) };
    const unmet = this.unmet(who, asset.id, session?.supervisorPresent ?? false);
    const input = {
      subject: this.subjectOf(who.person, here),
      resource,
      context: this.contextOf(who, here, { ...change, ...this.riskOf(who, asset.id) }),
      ...(unmet.length > 0 && { unmet }),
    };
    const opening = this.ruling(who, "session:open", input.resource);
    const decision = decideCapabilities(policies, input, asked);
    this.tell(decision.alarms);
    if (opening.permitted) return { ...decision, input };
    const because = new Map(asked.map((each) => [each, opening]));
    return { ...decision, classes: [], because, input };
  }

  /** @param id of one within it; the whole if it is left out */
  site(id?: string): ResourceInput {
    const { site, sites } = this.parts.plant.current();
    const within = sites.some((each) => each.id === id) ? { within: site.id } : {};
    return { kind: "site", id: id ?? site.id, ...within };
  }

  /** With the zones around it. */
  zone(id: string): ResourceInput {
    return { kind: "zone", ...this.placeOf(id) };
  }

  asset({ id, zone }: Pick<Asset, "id" | "zone">): ResourceInput & { readonly kind: "asset" } {
    return { kind: "asset", id, ...this.placeOf(zone) };
  }

  private placeOf(zone: string) {
    const plant = this.parts.plant.current();
    const site = indexOf(plant).siteOfZone(zone).id;
    const within = site === plant.site.id ? {} : { within: plant.site.id };
    return { zones: zoneInputs(plant, zone), site, ...within };
  }

  private siteOf(resource: ResourceInput): Site {
    const plant = this.parts.plant.current();
    const { site } = resource.kind === "grant" ? resource.asset : siteNamed(resource);
    return indexOf(plant).siteOf(site) ?? plant.site;
  }

  private subjectOf(person: Person, site: Site): AccessInput["subject"] {
    const { id, employer } = person;
    return { id, roles: rolesAtSite(this.parts.plant.current(), site.id, person), employer };
  }

  private contextOf(who: Asker, { id, timeZone }: Site, change: ContextChange = {}): ContextInput {
    const { signIn } = who;
    // A program proved itself, which is no assertion of a passkey however fresh it is.
    const assertionAgeMs = isWorkload(who.person) ? undefined : who.assertionAgeMs;
    const { clock, siteState } = this.parts;
    return contextWith({
      site: siteState?.(id) ?? UNKNOWN_CONTEXT.site,
      ...this.riskOf(who),
      ...change,
      authentication: authenticationOf(signIn, assertionAgeMs),
      device: this.deviceOf(who),
      ...(signIn && { network: { address: addressOf(signIn.address) } }),
      time: this.siteTime.at(timeZone, clock.wallMs()),
    });
  }

  /** What is asked of the person there and has not been done. A workload never has a passkey. */
  private unmet({ person, assertionAgeMs }: Asker, asset: string, supervised: boolean) {
    const age = isWorkload(person) ? undefined : assertionAgeMs;
    const met = { assertionAgeMs: age, supervised };
    return this.parts.demands?.unmet(person.id, asset, met) ?? [];
  }

  private riskOf({ person }: Asker, asset?: string): Pick<ContextChange, "risk"> {
    const { demands } = this.parts;
    return demands ? { risk: demands.riskOf(person.id, asset) } : {};
  }

  private deviceOf({ signIn, device }: Asker): ContextInput["device"] {
    return device ?? (signIn && this.parts.devices?.of(signIn)) ?? UNKNOWN_CONTEXT.device;
  }

  private tell(alarms: readonly string[]): void {
    const nowMs = this.parts.clock.monotonicMs();
    for (const text of alarms) {
      if ((this.told.get(text) ?? Number.NEGATIVE_INFINITY) + ALARM_QUIET_MS > nowMs) continue;
      if (this.told.size >= ALARMS_MAX) this.told.clear();
      this.told.set(text, nowMs);
      this.parts.alarm?.(text);
    }
  }
}

/** Rights that only ever take something away from somebody else's session. */
const STOPPING_RIGHTS: readonly Right[] = ["session:end", "session:freeze", "lock:set"];

/** A policy that fails must not leave a plant without anybody who can cut. */
function mayAlwaysStop({ roles }: AccessInput["subject"], right: Right): boolean {
  if (!STOPPING_RIGHTS.includes(right)) return false;
  return roles.includes("supervisor") || roles.includes("administrator");
}

const STOPPING = {
  permitted: true,
  rule: "stopping-needs-no-policy",
  reason: "A policy failed; supervisors and administrators can stop things all the same.",
};

const NOT_ACTIVE: Ruling = {
  permitted: false,
  rule: "person-disabled",
  reason: "This account is not active.",
  determining: [],
  alarms: [],
};

const NOT_IN_SCOPE: Ruling = {
  ...{ permitted: false, rule: "token-scope", determining: [], alarms: [] },
  reason: "This token was not made for that.",
};

function isWithin(scope: TokenScope, right: Right, resource: ResourceInput): boolean {
  if (!scope.rights.has(right)) return false;
  return resource.kind !== "asset" || reaches({ scope }, resource.id);
}

function within(rights: ReadonlySet<Right>, { scope }: Asker): ReadonlySet<Right> {
  return scope ? new Set([...rights].filter((right) => scope.rights.has(right))) : rights;
}

const NEEDS_A_PERSON: Ruling = {
  ...{ permitted: false, rule: "needs-a-person", determining: [], alarms: [] },
  reason: "Only a person can do this, with a passkey: a workload never can.",
};

function authenticationOf(signIn: SignIn | undefined, assertionAgeMs: number | undefined) {
  const { ageSeconds: unknown } = UNKNOWN_CONTEXT.authentication;
  const age = assertionAgeMs === undefined ? unknown : ageSeconds(assertionAgeMs);
  return { ageSeconds: age, key: signIn ? keyOf(signIn) : ("unknown" as const) };
}

function keyOf({ synced, passkeyId }: SignIn): "synced" | "device-bound" | "unknown" {
  // Of workloads and tokens.
  if (passkeyId === "") return "unknown";
  return synced ? "synced" : "device-bound";
}

function siteNamed(resource: Exclude<ResourceInput, { readonly kind: "grant" }>) {
  return resource.kind === "site" ? { site: resource.id } : resource;
}

/** The zone, and the ones around it. */
function zoneInputs(plant: Plant, zone: string): readonly ZoneInput[] {
  return indexOf(plant)
    .zonesAround(zone)
    .map(({ id, level, securityLevelTarget }) => ({ id, level, securityLevelTarget }));
}

/** Cedar takes no IPv4 inside IPv6; what is no address at all is an unknown one. */
function addressOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(plain) === 4 || (isIP(plain) === 6 && !/[.%]/.test(plain))
    ? plain
    : UNKNOWN_CONTEXT.network.address;
}

/** For the tape: everything that it takes to decide again, and what the rules were then. */
export function basisOf({ input, policyDigest, because }: DecidedCapabilities): string {
  const rules = Object.fromEntries([...because].map(([name, { rule }]) => [name, rule]));
  return canonicalJson({ input, policies: policyDigest, rules });
}

/** The first class of these that was not given, with the rule that keeps it back. */
export function rulingOfLost(
  decision: CapabilityDecision,
  before: readonly OperationClass[],
): Ruling | undefined {
  const lost = OPERATION_CLASSES.find(
    (each) => before.includes(each) && !decision.classes.includes(each),
  );
  return lost && decision.because.get(lost);
}
