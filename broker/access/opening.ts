/**
 * What is asked before a session may begin, in one turn: who, where, under which grant, with what.
 * Nothing here waits, so that what was checked is what the permit says.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { DeviceFacts } from "../identity/device-facts.ts";
import type { Asset, Endpoint, Plant, Profile } from "../plant/model.ts";
import { isWorkload, type Person } from "../store/model.ts";
import { AccessRefused, type Grant, type LeaseCause, type Opener } from "./access.ts";
import {
  type Asker,
  basisOf,
  type DecidedCapabilities,
  type DecisionPoint,
  GOOD_DEVICE,
  rulingOfLost,
} from "./decision-point.ts";
import type { KeySwitches } from "./key-switches.ts";
import type { Locks } from "./locks.ts";
import { decideReach, findEndpoint, findProfile } from "./reach.ts";

/** Sessions of one person at once: all browsers' tabs and more. */
const PERSON_SESSIONS_MAX = 100;

export interface OpeningParts {
  readonly plant: { current(): Plant };
  readonly decisions: DecisionPoint;
  readonly signIns: { get(signInId: string): Asker | undefined };
  readonly locks: Pick<Locks, "causeOver">;
  readonly keySwitches: Pick<KeySwitches, "over">;
  /** Why the person may come in no more: nobody answers for them. */
  suspended(personId: string): LeaseCause | undefined;
  mayView(person: Person, asset: Asset): boolean;
  liveGrants(person: Person, endpointId: string): readonly Grant[];
  /** Live sessions, those being opened too. */
  countOf(personId: string): number;
  countUnder(grantId: string): number;
  readonly assertionMaxMs: number;
  /** Undefined where devices that nobody knows may open too, if policies let them. */
  readonly knownDevices?: Pick<DeviceFacts, "of"> | undefined;
}

/** All of it holds in this turn. */
export interface Openable {
  readonly person: Person;
  readonly grant: Grant;
  readonly asset: Asset;
  readonly endpoint: Endpoint;
  readonly profile: Profile;
  readonly classes: readonly OperationClass[];
  readonly basis: string;
}

/** @throws AccessRefused not-allowed, suspended, not-found, locked, key-switch, no-grant, step-up-required, device-required, device-refused, too-many */
export function openable(
  parts: OpeningParts,
  who: Opener,
  endpointId: string,
  grantId?: string,
): Openable {
  const asker = openingNow(parts, who);
  const { person } = asker;
  const gone = parts.suspended(person.id);
  if (gone) throw new AccessRefused("suspended", gone.reason);
  const plant = parts.plant.current();
  const found = findEndpoint(plant, endpointId);
  if (!found || !parts.mayView(person, found.asset)) {
    throw new AccessRefused("not-found", "no such endpoint");
  }
  const shut = parts.locks.causeOver(person.id, found.asset.id);
  if (shut) throw new AccessRefused("locked", shut.reason);
  const live = parts.liveGrants(person, endpointId);
  const grant = live.find(({ id }) => id === (grantId ?? id));
  const profile = grant && findProfile(plant, grant.profile);
  if (!grant || !profile) throw new AccessRefused("no-grant", "nothing permits this now");
  const off = parts.keySwitches.over(found.asset.id).find(({ cause }) => cause)?.cause;
  if (off) throw new AccessRefused("key-switch", off.reason);
  // The sign-in of a workload ends by itself unless it proves itself again.
  if (who.assertionAgeMs > parts.assertionMaxMs && !isWorkload(person)) {
    throw new AccessRefused("step-up-required", "the last assertion is too old for a session");
  }
  const known = parts.knownDevices?.of(who.signIn).known;
  if (known === false && !isWorkload(person)) {
    throw new AccessRefused("device-required", "the browser showed no key that is known");
  }
  checkCounts(parts, person, grant);
  const decided = decideReach({ plant, decisions: parts.decisions }, asker, grant);
  const classes = decided?.classes ?? [];
  if (!decided || classes.length === 0) {
    if (isWorkload(person)) throw new AccessRefused("needs-a-person", "policy asks for a passkey");
    refuseForDevice(parts, asker, grant, decided);
    // It would be another answer with a fresh assertion: `liveGrants` asked for one.
    throw new AccessRefused("step-up-required", "policy asks for a fresher assertion");
  }
  // Looking would be left; who opens is asked at once, and not when the first write is refused.
  if (decided.input.unmet?.some(({ asks }) => asks === "proof") && !isWorkload(person)) {
    throw new AccessRefused("step-up-required", "something asked for the passkey since then");
  }
  return { ...found, person, grant, profile, classes, basis: basisOf(decided) };
}

/** Where a better device is all that is missing, no passkey helps. */
function refuseForDevice(
  { plant, decisions }: OpeningParts,
  asker: Asker,
  grant: Grant,
  decided: DecidedCapabilities | undefined,
): void {
  const ground = { plant: plant.current(), decisions };
  const better = decideReach(ground, { ...asker, device: GOOD_DEVICE }, grant);
  if (!better || better.classes.length === 0) return;
  const ruling = decided && rulingOfLost(decided, better.classes);
  throw new AccessRefused("device-refused", ruling?.reason ?? "a rule asks for another device");
}

/** As the person is now, not as they were when the request came in. */
function openingNow({ signIns, decisions }: OpeningParts, who: Opener): Asker {
  const now = signIns.get(who.signIn.id);
  if (!now) throw new AccessRefused("not-allowed", "the sign-in has ended");
  const { signIn, assertionAgeMs } = who;
  const asker = { signIn, assertionAgeMs, person: now.person };
  if (decisions.may(asker, "session:open")) return asker;
  throw new AccessRefused("not-allowed", "no role that opens sessions");
}

function checkCounts(parts: OpeningParts, person: Person, grant: Grant): void {
  if (parts.countOf(person.id) >= PERSON_SESSIONS_MAX) {
    throw new AccessRefused("too-many", "too many sessions of one person");
  }
  if (grant.sessionsMax !== null && parts.countUnder(grant.id) >= grant.sessionsMax) {
    throw new AccessRefused("too-many", `the grant permits ${grant.sessionsMax} at a time`);
  }
}
