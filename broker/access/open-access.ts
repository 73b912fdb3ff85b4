/** Builds access: mints permits from live grants and keeps the sessions on them. */
import type { KeyObject } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { People } from "../identity/identity.ts";
import type { SignedActions } from "../identity/signed-actions.ts";
import type { Plant } from "../plant/model.ts";
import { newId } from "../store/ids.ts";
import type { Person, SignIn } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { Store } from "../store/store.ts";
import {
  type Access,
  AccessRefused,
  type ControlledSession,
  type Grant,
  type LeaseCause,
  type NewGrant,
  type Opener,
  type PlantInForce,
  type SessionOpener,
} from "./access.ts";
import { AccessReview, type StandingRight } from "./access-review.ts";
import { BreakGlass } from "./break-glass.ts";
import { type Asker, basisOf, type DecisionPoint, onceAsserted } from "./decision-point.ts";
import { GrantBook } from "./grant-book.ts";
import { Locks } from "./locks.ts";
import { permitClaims } from "./permit-claims.ts";
import { mintPermit } from "./permits.ts";
import {
  bestFirst,
  classesHeld,
  decideReach,
  findEndpoint,
  findProfile,
  type Ground,
} from "./reach.ts";
import { RequestDesk } from "./request-desk.ts";
import { SessionWatch } from "./session-watch.ts";
import { Sponsors } from "./sponsors.ts";
import { Vendors } from "./vendors.ts";

export interface AccessParts<S extends ControlledSession> {
  readonly store: Store;
  readonly plant: PlantInForce;
  /** `Identity.people` and `Identity.signIns` satisfy these. */
  readonly people: Pick<People, "onChanged" | "inviteVendor" | "newVendorLink">;
  readonly signIns: {
    get(signInId: string): Asker | undefined;
    onEnded(listener: (signIn: SignIn, end: LeaseCause) => void): () => void;
    onAsserted(listener: (signIn: SignIn) => void): () => void;
  };
  /** `Identity.signedActions` satisfies it. */
  readonly signedActions: SignedActions;
  readonly decisions: DecisionPoint;
  readonly host: SessionOpener<S>;
  readonly permitKey: KeyObject;
  readonly clock?: Clock;
  readonly limits?: Partial<OpeningLimits>;
}

export interface OpeningLimits {
  /** No human input for this long ends a session. */
  readonly idleMs: number;
  /** A closed tab or a lost network may be away for this long. */
  readonly leaseMs: number;
  /** The longest session, whatever its grant says. */
  readonly absoluteMs: number;
  /** Opening asks for an assertion no older than this. */
  readonly assertionMaxMs: number;
}

const LIMITS: OpeningLimits = {
  idleMs: 15 * 60_000,
  leaseMs: 60_000,
  absoluteMs: 12 * 3_600_000,
  assertionMaxMs: 15 * 60_000,
};

/** Sessions of one person at once: all browsers' tabs and more. */
const PERSON_SESSIONS_MAX = 100;
/** Longer needs belong into the plant file, where they are reviewed. */
const GRANT_MAX_MS = 366 * 24 * 3_600_000;
const REASON_MAX = 300;

export async function openAccess<S extends ControlledSession>(
  parts: AccessParts<S>,
): Promise<Access<S>> {
  const clock = parts.clock ?? systemClock;
  const grants = await GrantBook.open(parts.store, clock, parts.plant);
  const locks = await Locks.open(parts.store, clock, parts.plant);
  const sponsors = await Sponsors.open(parts.store, parts.decisions);
  const access = new SiteAccess(parts, clock, { grants, locks, sponsors });
  await access.noteGrants();
  return access;
}

interface Books {
  readonly grants: GrantBook;
  readonly locks: Locks;
  readonly sponsors: Sponsors;
}

class SiteAccess<S extends ControlledSession> implements Access<S> {
  private readonly parts: AccessParts<S>;
  private readonly clock: Clock;
  private readonly limits: OpeningLimits;
  private readonly book: GrantBook;
  private readonly watch: SessionWatch<S>;
  readonly requests: RequestDesk;
  readonly locks: Locks;
  readonly vendors: Vendors;
  readonly breakGlass: BreakGlass;
  private readonly sponsors: Sponsors;
  private readonly reviewed: AccessReview;
  private readonly listeners = new Set<() => void>();
  private readonly stops: readonly (() => void)[];

  constructor(parts: AccessParts<S>, clock: Clock, { grants: book, locks, sponsors }: Books) {
    this.parts = parts;
    this.clock = clock;
    this.book = book;
    this.locks = locks;
    this.sponsors = sponsors;
    this.reviewed = new AccessReview(parts.store, clock);
    this.limits = { ...LIMITS, ...parts.limits };
    const { plant, decisions, signIns } = parts;
    this.watch = new SessionWatch({ clock, plant, grants: book, decisions, signIns });
    this.requests = new RequestDesk({
      ...{ store: parts.store, clock, plant: parts.plant, book, watch: this.watch },
      signedActions: parts.signedActions,
      decisions,
      mayView: (person, asset) => this.mayView(person, asset),
      changed: () => this.tell(),
    });
    this.vendors = new Vendors({
      ...{ store: parts.store, clock, people: parts.people, decisions, sponsors },
      desk: this.requests,
      grantsOf: (person) => this.book.of(person),
      changed: () => this.tell(),
    });
    this.breakGlass = new BreakGlass({
      ...{ store: parts.store, clock, plant, book, watch: this.watch, decisions },
      signedActions: parts.signedActions,
      barOver: (person, asset) => sponsors.causeOver(person) ?? locks.causeOver(person, asset),
      changed: () => this.tell(),
    });
    this.stops = [
      locks.onChanged(() => this.applyLocks()),
      parts.people.onChanged((person) => {
        this.sponsors.personChanged(person);
        this.watch.personChanged(person);
        this.suspend();
      }),
      parts.signIns.onEnded((signIn, end) => this.watch.signInEnded(signIn, end)),
      parts.signIns.onAsserted((signIn) => this.watch.signInAsserted(signIn)),
      decisions.onPoliciesChanged(() => {
        this.watch.policiesChanged();
        this.suspend();
      }),
      parts.plant.onChanged((_, change) => {
        this.watch.plantChanged(change);
        this.applyLocks();
        this.tell();
        void this.noteGrants().catch(() => {});
      }),
    ];
  }

  grants(): Promise<readonly Grant[]> {
    return this.book.list();
  }

  async review(): Promise<readonly StandingRight[]> {
    return this.reviewed.of(await this.book.list());
  }

  /** So that the review can tell an old right from a new one. */
  async noteGrants(): Promise<void> {
    await this.reviewed.known(this.plant.grants);
  }

  grantsOf(person: Person, endpointId?: string): readonly Grant[] {
    if (this.sponsors.causeOver(person.id)) return [];
    const own = this.book.of(person);
    const here = own.filter(({ endpoint }) => endpoint === (endpointId ?? endpoint));
    return bestFirst(this.ground, person, here);
  }

  liveGrants(person: Person, endpointId: string): readonly Grant[] {
    return this.grantsOf(person, endpointId).filter(
      (grant) => grant.state === "live" && this.classes(person, grant).length > 0,
    );
  }

  classes(person: Person, grant: Grant) {
    return classesHeld(this.ground, person, grant);
  }

  mayView(person: Person, asset: { readonly id: string }): boolean {
    if (!this.parts.decisions.may(onceAsserted(person), "plant:view")) return false;
    if (!person.roles.includes("vendor")) return true;
    if (this.sponsors.causeOver(person.id)) return false;
    return this.book.of(person).some(({ endpoint }) => endpoint.startsWith(`${asset.id}/`));
  }

  async createGrant(by: Person, wanted: NewGrant): Promise<Grant> {
    this.requireGranter(by);
    const nowMs = this.clock.wallMs();
    const { fromMs, untilMs } = wanted;
    if (!findEndpoint(this.plant, wanted.endpoint)) throw missing("endpoint");
    if (!findProfile(this.plant, wanted.profile)) throw missing("profile");
    if (!Number.isSafeInteger(fromMs) || !Number.isSafeInteger(untilMs) || untilMs <= fromMs) {
      throw input("The grant must end after it begins.");
    }
    if (untilMs <= nowMs) throw input("The end of the grant has passed already.");
    if (untilMs - Math.max(fromMs, nowMs) > GRANT_MAX_MS) {
      throw input(
        "A grant of the console lasts at most a year; longer ones go into the plant file.",
      );
    }
    const reason = plainText(wanted.reason, REASON_MAX);
    if (reason === "") throw input("A grant needs a reason.");
    const grant = await this.book.add(
      {
        id: newId(),
        personId: wanted.personId,
        endpoint: wanted.endpoint,
        profile: wanted.profile,
        fromMs,
        untilMs,
        reason,
        createdBy: by.id,
        createdMs: nowMs,
        revokedMs: null,
        revokedBy: null,
        requestId: null,
        weekly: null,
        sessionsMax: null,
      },
      by,
    );
    this.tell();
    return grant;
  }

  async revokeGrant(by: Person, grantId: string): Promise<void> {
    this.requireGranter(by);
    this.book.withdraw(grantId);
    this.watch.grantRevoked(grantId, by);
    this.tell();
    await this.book.keepRevoked(grantId, by);
  }

  async openSession(who: Opener, endpointId: string, grantId?: string): Promise<S> {
    const asker = this.openingNow(who);
    const { person } = asker;
    const gone = this.sponsors.causeOver(person.id);
    if (gone) throw new AccessRefused("suspended", gone.reason);
    const found = findEndpoint(this.plant, endpointId);
    if (!found || !this.mayView(person, found.asset)) throw missing("endpoint");
    const shut = this.locks.causeOver(person.id, found.asset.id);
    if (shut) throw new AccessRefused("locked", shut.reason);
    const live = this.liveGrants(person, endpointId);
    const grant = live.find(({ id }) => id === (grantId ?? id));
    const profile = grant && findProfile(this.plant, grant.profile);
    if (!grant || !profile) throw new AccessRefused("no-grant", "nothing permits this now");
    if (who.assertionAgeMs > this.limits.assertionMaxMs) {
      throw new AccessRefused("step-up-required", "the last assertion is too old for a session");
    }
    if (this.watch.countOf(person.id) >= PERSON_SESSIONS_MAX) {
      throw new AccessRefused("too-many", "too many sessions of one person");
    }
    if (grant.sessionsMax !== null && this.watch.countUnder(grant.id) >= grant.sessionsMax) {
      throw new AccessRefused("too-many", `the grant permits ${grant.sessionsMax} at a time`);
    }
    const decided = decideReach(this.ground, asker, grant);
    const classes = decided?.classes ?? [];
    if (!decided || classes.length === 0) {
      // It would be another answer with a fresh assertion: `liveGrants` asked for one.
      throw new AccessRefused("step-up-required", "policy asks for a fresher assertion");
    }
    const reach = { ...found, profile, classes, basis: basisOf(decided) };
    const ground = { plant: this.plant, limits: this.limits, nowMs: this.clock.wallMs() };
    const claims = permitClaims(ground, person, grant, reach);
    // From here to the permit there is no await: what was checked is what the session rests on.
    const { untilMs } = claims.limits;
    const longestMs = this.clock.wallMs() + this.limits.absoluteMs;
    const rest = { person, signInId: who.signIn.id, grant, classes, untilMs, longestMs };
    const watched = this.watch.begin(rest);
    let session: S;
    try {
      session = await this.parts.host.open(mintPermit(claims, this.parts.permitKey));
    } catch (error) {
      this.watch.drop(watched);
      throw error;
    }
    if (this.watch.opened(watched, session)) {
      // Behind the session: a note that is lost costs a date in a list.
      void this.reviewed.used(grant, person).catch(() => {});
      return session;
    }
    throw new AccessRefused("no-grant", watched.over?.reason ?? "the right went meanwhile");
  }

  onGrantsChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.watch.close();
  }

  private get plant(): Plant {
    return this.parts.plant.current();
  }

  private get ground(): Ground {
    return { plant: this.plant, decisions: this.parts.decisions };
  }

  private requireGranter(by: Person): void {
    if (this.parts.decisions.may(onceAsserted(by), "grant:manage")) return;
    throw new AccessRefused("not-allowed", "only administrators manage grants");
  }

  /** As the person is now, not as they were when the request came in. */
  private openingNow(who: Opener): Asker {
    const now = this.parts.signIns.get(who.signIn.id);
    if (!now) throw new AccessRefused("not-allowed", "the sign-in has ended");
    const { signIn, assertionAgeMs } = who;
    const asker = { signIn, assertionAgeMs, person: now.person };
    if (this.parts.decisions.may(asker, "session:open")) return asker;
    throw new AccessRefused("not-allowed", "no role that opens sessions");
  }

  /** In the turn in which a lock comes into force, before anything else hears of it. */
  private applyLocks(): void {
    this.watch.endWhere((person, endpoint) =>
      this.locks.causeOver(person.id, endpoint.split("/")[0] ?? ""),
    );
  }

  /** In the turn in which a sponsor goes. */
  private suspend(): void {
    this.watch.endWhere((person) => this.sponsors.causeOver(person.id));
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function missing(what: string): AccessRefused {
  return new AccessRefused("not-found", `no such ${what}`);
}

function input(message: string): AccessRefused {
  return new AccessRefused("input-invalid", message);
}
