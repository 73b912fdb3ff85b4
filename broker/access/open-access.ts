/** Builds access: mints permits from live grants and keeps the sessions on them. */
import type { KeyObject } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { DeviceFacts } from "../identity/device-facts.ts";
import type { People } from "../identity/identity.ts";
import type { SignedActions } from "../identity/signed-actions.ts";
import type { Plant } from "../plant/model.ts";
import type { Person, SignIn } from "../store/model.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
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
import { Consents } from "./consents.ts";
import { consoleGrant } from "./console-grant.ts";
import { type Asker, type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { Demands } from "./demands.ts";
import { GrantBook } from "./grant-book.ts";
import type { OpenProbe } from "./key-switch-reader.ts";
import { KeySwitches } from "./key-switches.ts";
import { Locks } from "./locks.ts";
import { type OpeningParts, openable } from "./opening.ts";
import { LIMITS, type OpeningLimits } from "./opening-limits.ts";
import type { Permit } from "./permit.ts";
import { permitClaims } from "./permit-claims.ts";
import { mintPermit } from "./permits.ts";
import { Presence } from "./presence.ts";
import { bestByEndpoint, bestFirst, classesHeld, findEndpoint, type Ground } from "./reach.ts";
import { RequestDesk } from "./request-desk.ts";
import { SessionWatch } from "./session-watch.ts";
import { Sponsors } from "./sponsors.ts";
import { needsOf } from "./standing-conditions.ts";
import type { TicketGate } from "./ticket-gate.ts";
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
  /** What is known of people's devices; without it nothing is asked of them here. */
  readonly devices?: DeviceFacts;
  /** As the decision point has them. */
  readonly demands?: Pick<Demands, "onChanged">;
  readonly host: SessionOpener<S>;
  readonly permitKey: KeyObject;
  /** Whether work under a ticket may begin; without it nobody is asked. */
  readonly tickets?: TicketGate;
  /** How key switches are read; without it none is ever on. */
  readonly openProbe?: (permit: Permit) => Promise<OpenProbe>;
  readonly clock?: Clock;
  readonly limits?: Partial<OpeningLimits>;
}

export async function openAccess<S extends ControlledSession>(
  parts: AccessParts<S>,
): Promise<Access<S>> {
  const clock = parts.clock ?? systemClock;
  const grants = await GrantBook.open(parts.store, clock, parts.plant);
  const locks = await Locks.open({ ...parts, clock });
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
  readonly consents: Consents;
  readonly keySwitches: KeySwitches;
  readonly presence: Presence;
  private readonly opening: OpeningParts;
  private readonly sponsors: Sponsors;
  private readonly reviewed: AccessReview;
  private readonly listeners = new Set<() => void>();
  private readonly supervisionListeners = new Set<() => void>();
  private readonly stops: readonly (() => void)[];

  constructor(parts: AccessParts<S>, clock: Clock, { grants: book, locks, sponsors }: Books) {
    this.parts = parts;
    this.clock = clock;
    this.book = book;
    this.locks = locks;
    this.sponsors = sponsors;
    this.reviewed = new AccessReview(parts.store, clock);
    this.limits = { ...LIMITS, ...parts.limits };
    // Before anything else hears of a lock: what it cuts ends by it, and never waits for a policy.
    const stopLocks = locks.onChanged(() => this.applyLocks());
    const { plant, decisions, signIns } = parts;
    this.presence = new Presence((session) => this.watch.presenceChanged(session));
    this.keySwitches = this.openKeySwitches();
    this.watch = new SessionWatch({
      ...{ clock, plant, grants: book, decisions, signIns },
      ...{ presence: this.presence, keySwitches: this.keySwitches },
      note: (event) => this.note(event),
    });
    this.opening = this.openingParts();
    this.consents = this.openConsents();
    this.requests = new RequestDesk({
      ...{ store: parts.store, clock, plant: parts.plant, book, watch: this.watch },
      ...{ signedActions: parts.signedActions, decisions, tickets: parts.tickets },
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
      stopLocks,
      parts.people.onChanged((person) => {
        this.sponsors.personChanged(person);
        this.watch.personChanged(person);
        this.suspend();
      }),
      parts.signIns.onEnded((signIn, end) => {
        this.watch.signInEnded(signIn, end);
        this.consents.drop((each) => (each.signInId === signIn.id ? "they signed out" : undefined));
      }),
      this.keySwitches.onChanged(() => this.keySwitchesChanged()),
      parts.devices?.onChanged((ids) => this.watch.devicesChanged(ids)) ?? (() => {}),
      parts.demands?.onChanged((personId) => this.watch.demandsChanged(personId)) ?? (() => {}),
      parts.signIns.onAsserted((signIn) => this.watch.signInAsserted(signIn)),
      decisions.onPoliciesChanged(() => {
        this.watch.policiesChanged();
        this.suspend();
      }),
      parts.plant.onChanged((_, change) => {
        this.keySwitches.plantChanged();
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
    const here = this.own(person).filter(({ endpoint }) => endpoint === (endpointId ?? endpoint));
    return bestFirst(this.ground, person, here);
  }

  private own(person: Person): readonly Grant[] {
    return this.sponsors.causeOver(person.id) ? [] : this.book.of(person);
  }

  grantsByEndpoint(person: Person): ReadonlyMap<string, readonly Grant[]> {
    return bestByEndpoint(this.ground, person, this.own(person));
  }

  liveGrants(person: Person, endpointId: string): readonly Grant[] {
    return this.grantsOf(person, endpointId).filter(
      (grant) => grant.state === "live" && this.classes(person, grant).length > 0,
    );
  }

  classes(person: Person, grant: Grant) {
    return classesHeld(this.ground, person, grant);
  }

  mayView = (person: Person, asset: { readonly id: string }) => this.viewable(person)(asset);

  viewable(person: Person): (asset: { readonly id: string }) => boolean {
    if (!this.parts.decisions.may(onceAsserted(person), "plant:view")) return () => false;
    if (!person.roles.includes("vendor")) return () => true;
    const assets = new Set(this.own(person).map(({ endpoint }) => endpoint.split("/")[0]));
    return ({ id }) => assets.has(id);
  }

  async createGrant(by: Person, wanted: NewGrant): Promise<Grant> {
    this.requireGranter(by);
    const grant = consoleGrant(this.plant, by, wanted, this.clock.wallMs());
    const made = await this.book.add(grant, by);
    this.tell();
    return made;
  }

  async revokeGrant(by: Person, grantId: string): Promise<void> {
    this.requireGranter(by);
    this.book.withdraw(grantId);
    this.watch.grantRevoked(grantId, by);
    this.tell();
    await this.book.keepRevoked(grantId, by);
  }

  async openSession(
    who: Opener,
    endpointId: string,
    grantId?: string,
    consentId?: string,
    visit?: string,
  ): Promise<S> {
    const { trouble } = this.parts.store;
    if (trouble) throw new AccessRefused("store-away", trouble.message);
    await this.readKeySwitches(who, endpointId, grantId);
    const asked = await this.askTicket(who, endpointId, grantId);
    const { person, grant, classes, ...reach } = openable(this.opening, who, endpointId, asked);
    const needed = needsOf(this.plant, grant).consent;
    const consent = needed && this.consents.spend(who, endpointId, grant, consentId);
    const ground = { plant: this.plant, limits: this.limits, nowMs: this.clock.wallMs() };
    const claims = permitClaims(ground, person, grant, {
      ...{ ...reach, classes, visit },
      ...(consent && { consent }),
    });
    // From here to the permit there is no await: what was checked is what the session rests on.
    const { untilMs } = claims.limits;
    const longestMs = this.clock.wallMs() + this.limits.absoluteMs;
    const ids = { sessionId: claims.session, signInId: who.signIn.id };
    const rest = { ...ids, person, grant, classes, untilMs, longestMs };
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

  onSupervisionChanged(listener: () => void): () => void {
    this.supervisionListeners.add(listener);
    return () => this.supervisionListeners.delete(listener);
  }

  onGrantsChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.watch.close();
    this.keySwitches.close();
    this.consents.close();
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

  /**
   * Only where there are any: otherwise opening waits for nothing. Who may not open here is refused
   * before the plant is asked anything.
   */
  private async readKeySwitches(who: Opener, endpointId: string, grantId?: string): Promise<void> {
    const asset = findEndpoint(this.plant, endpointId)?.asset;
    if (!asset || this.keySwitches.over(asset.id).length === 0) return;
    openable({ ...this.opening, keySwitches: { over: () => [] } }, who, endpointId, grantId);
    const off = await this.keySwitches.look(asset.id);
    if (off) throw new AccessRefused("key-switch", off.reason);
  }

  /**
   * As for key switches: waits only where there is something to ask.
   * @returns the grant whose ticket was looked at: no other one is opened with then
   */
  private async askTicket(who: Opener, endpointId: string, grantId?: string) {
    const { tickets } = this.parts;
    if (!tickets?.areAsked) return grantId;
    const { grant } = openable(this.opening, who, endpointId, grantId);
    const refusal = await tickets.refusal(grant.ticket);
    if (refusal !== undefined) throw new AccessRefused("ticket-refused", refusal);
    return grant.id;
  }

  private openingParts(): OpeningParts {
    const { plant, decisions, signIns, devices } = this.parts;
    const { locks, keySwitches, watch } = this;
    return {
      ...(this.limits.knownDevicesOnly && { knownDevices: devices }),
      ...{ plant, decisions, signIns, locks, keySwitches },
      suspended: (personId) => this.sponsors.causeOver(personId),
      mayView: (person, asset) => this.mayView(person, asset),
      liveGrants: (person, endpointId) => this.liveGrants(person, endpointId),
      countOf: (personId) => watch.countOf(personId),
      countUnder: (grantId) => watch.countUnder(grantId),
      assertionMaxMs: this.limits.assertionMaxMs,
    };
  }

  private openKeySwitches(): KeySwitches {
    const { plant, permitKey, openProbe } = this.parts;
    return new KeySwitches({
      ...{ clock: this.clock, plant, locks: this.locks, permitKey },
      ...(openProbe && { openProbe }),
      note: (event) => this.note(event),
    });
  }

  private openConsents(): Consents {
    return new Consents({
      ...{ clock: this.clock, signedActions: this.parts.signedActions },
      wanted: (who, endpointId, grantId) => {
        const { grant, asset } = openable(this.opening, who, endpointId, grantId);
        return { grant, assetName: asset.name, plantDigest: this.plant.digest };
      },
      note: (event) => this.note(event),
      changed: () => this.tellSupervision(),
    });
  }

  /** Behind what it is about: an event that is lost stops nothing. */
  private note(event: NewSiteEvent): void {
    void this.parts.store.log.record(event).catch(() => {});
  }

  private keySwitchesChanged(): void {
    this.watch.conditionsChanged();
    this.tellSupervision();
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

  private tellSupervision(): void {
    for (const listener of this.supervisionListeners) listener();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
