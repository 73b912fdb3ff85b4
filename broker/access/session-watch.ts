/**
 * Keeps live sessions on what they rest on. A session is here from the moment its permit is
 * minted, so that no change slips in between the permit and the first byte. Every change takes
 * effect in the turn in which it is heard: fewer classes are leased, or the session ends with the
 * rule that ended it.
 *
 * The end of the grant and the longest duration are the session's own deadlines, which move with
 * the grant.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Clock } from "../clock.ts";
import { type PlantChange, reasonToEnd } from "../plant/plant-change.ts";
import { ageSeconds } from "../policy/access-input.ts";
import type { Ruling } from "../policy/policy-set.ts";
import type { Person, SignIn } from "../store/model.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { ControlledSession, Grant, LeaseCause, PlantInForce } from "./access.ts";
import { type Asker, basisOf, type DecisionPoint, rulingOfLost } from "./decision-point.ts";
import type { GrantBook } from "./grant-book.ts";
import type { KeySwitches } from "./key-switches.ts";
import type { Presence } from "./presence.ts";
import { decideReach } from "./reach.ts";
import { Redecisions } from "./redecisions.ts";
import { StandingConditions } from "./standing-conditions.ts";

/** What one session rests on, as it was when the permit was minted. */
export interface Rest {
  readonly sessionId: string;
  readonly person: Person;
  readonly signInId: string;
  readonly grant: Grant;
  readonly classes: readonly OperationClass[];
  /** When it ends at the latest. */
  readonly untilMs: number;
  /** The longest a session may last, whatever time its grant is given. */
  readonly longestMs: number;
}

export class Watched<S extends ControlledSession> {
  readonly rest: Rest;
  person: Person;
  classes: readonly OperationClass[];
  session: S | undefined;
  /** Set once it is over; a session that opens after that ends at once. */
  over: LeaseCause | undefined;
  /** Its deadline as it stands; `rest.untilMs` until the end of the grant moves. */
  untilMs: number;
  /** A lease that came before the session did. */
  early: LeaseCause | undefined;
  basis: string | undefined;
  /** On the monotonic clock. */
  readonly beganMs: number;

  constructor(rest: Rest, beganMs: number) {
    this.rest = rest;
    this.beganMs = beganMs;
    this.person = rest.person;
    this.classes = rest.classes;
    this.untilMs = rest.untilMs;
  }
}

export interface WatchParts {
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly grants: GrantBook;
  readonly decisions: DecisionPoint;
  /** As `Identity.signIns`: how old the assertion is now, and from where. */
  readonly signIns: { get(signInId: string): Asker | undefined };
  readonly presence: Pick<Presence, "watching">;
  readonly keySwitches: Pick<KeySwitches, "over">;
  note(event: NewSiteEvent): void;
}

/** What made a session be looked at again: it names what the person is told. */
type Trigger = "person" | "plant" | "policy" | "presence";

export class SessionWatch<S extends ControlledSession> {
  private readonly parts: WatchParts;
  private readonly clock: Clock;
  private readonly plant: PlantInForce;
  private readonly grants: GrantBook;
  private readonly all = new Set<Watched<S>>();
  private readonly redecisions: Redecisions<Watched<S>>;
  private readonly conditions: StandingConditions<S, Watched<S>>;

  constructor(parts: WatchParts) {
    this.parts = parts;
    this.clock = parts.clock;
    this.plant = parts.plant;
    this.grants = parts.grants;
    this.conditions = this.standingConditions();
    this.redecisions = new Redecisions(parts.clock, (watched) => this.look(watched, "policy"));
  }

  /** In the turn in which the permit is minted. */
  begin(rest: Rest): Watched<S> {
    const watched = new Watched<S>(rest, this.clock.monotonicMs());
    this.all.add(watched);
    this.redecisions.decided(watched);
    return watched;
  }

  /** The session is there. False if what it rests on went meanwhile: it has been ended. */
  opened(watched: Watched<S>, session: S): boolean {
    watched.session = session;
    session.closed.then(
      () => this.drop(watched),
      () => this.drop(watched),
    );
    if (watched.over) session.end(watched.over);
    else {
      if (watched.early) session.lease(watched.classes, watched.early, watched.basis);
      if (watched.untilMs !== watched.rest.untilMs) this.tellEnd(watched);
      this.conditions.apply(watched);
    }
    return watched.over === undefined;
  }

  drop(watched: Watched<S>): void {
    this.redecisions.forget(watched);
    this.conditions.forget(watched);
    this.all.delete(watched);
  }

  countOf(personId: string): number {
    return [...this.all].filter(({ person }) => person.id === personId).length;
  }

  countUnder(grantId: string): number {
    return [...this.all].filter(({ rest, over }) => rest.grant.id === grantId && !over).length;
  }

  /** More time was given: the deadline of each session under the grant moves in this turn. */
  grantMoved(grantId: string): void {
    this.each((watched) => {
      if (watched.rest.grant.id !== grantId) return;
      const closesMs = this.grants.find(grantId, watched.person)?.closesMs;
      if (closesMs === undefined || closesMs === null) return;
      watched.untilMs = Math.min(closesMs, watched.rest.longestMs);
      this.tellEnd(watched);
    });
  }

  /** Ends, in this turn, each session for which there is a cause; those being opened too. */
  endWhere(causeFor: (person: Person, endpoint: string) => LeaseCause | undefined): void {
    this.each((watched) => {
      const cause = causeFor(watched.person, watched.rest.grant.endpoint);
      if (cause) this.end(watched, cause);
    });
  }

  personChanged(person: Person): void {
    this.each((watched) => {
      if (watched.person.id !== person.id) return;
      watched.person = person;
      this.look(watched, "person");
    });
  }

  signInEnded(signIn: SignIn, end: LeaseCause): void {
    this.each((watched) => {
      if (watched.rest.signInId !== signIn.id) return;
      const reason = `The sign-in that opened the session ended: ${end.reason}`;
      this.end(watched, { rule: "sign-in-ended", reason, ...(end.by && { by: end.by }) });
    });
  }

  /** Somebody who may supervise came to watch this session, or left it. */
  presenceChanged(sessionId: string): void {
    this.each((watched) => {
      if (watched.rest.sessionId !== sessionId) return;
      this.conditions.apply(watched);
      this.look(watched, "presence");
    });
  }

  /** A key switch was turned. */
  conditionsChanged(): void {
    this.each((watched) => this.conditions.apply(watched));
    this.policiesChanged();
  }

  /** A step-up may give back what an old assertion took. */
  signInAsserted(signIn: SignIn): void {
    this.redecisions.all([...this.all].filter(({ rest }) => rest.signInId === signIn.id));
  }

  /** More or less is known of the devices behind some sign-ins. */
  devicesChanged(deviceIds: ReadonlySet<string>): void {
    const { signIns } = this.parts;
    const on = ({ rest }: Watched<S>) => signIns.get(rest.signInId)?.signIn?.deviceId ?? "";
    this.redecisions.all([...this.all].filter((watched) => deviceIds.has(on(watched))));
  }

  /** More or less is asked of a person than before. */
  demandsChanged(personId: string): void {
    this.redecisions.all([...this.all].filter(({ person }) => person.id === personId));
  }

  grantRevoked(grantId: string, by: Person): void {
    this.each((watched) => {
      const { grant } = watched.rest;
      if (grant.source === "plant-file" || grant.id !== grantId) return;
      const reason = `${by.name} revoked the grant of this session.`;
      this.end(watched, { rule: "grant-revoked", reason, by: by.id });
    });
  }

  plantChanged(change: PlantChange): void {
    this.each((watched) => {
      const reason = reasonToEnd(watched.rest.grant, change);
      if (reason) this.end(watched, { rule: "plant-changed", reason });
      else {
        this.look(watched, "plant");
        this.conditions.apply(watched);
      }
    });
  }

  /** Other policies count: every session is decided again, at once. */
  policiesChanged(): void {
    this.redecisions.all([...this.all]);
  }

  close(): void {
    this.redecisions.close();
    this.conditions.close();
  }

  private standingConditions(): StandingConditions<S, Watched<S>> {
    const { clock, plant, decisions, presence, keySwitches, note } = this.parts;
    return new StandingConditions({
      ...{ clock, plant, decisions, presence, keySwitches },
      end: (watched, cause) => this.end(watched, cause),
      alone: ({ rest, person }) =>
        note({
          kind: "session:unattended",
          priority: "alarm",
          text: `The session of ${person.name} on ${rest.grant.endpoint} waits for a supervisor to watch it`,
          ...{ subject: person.id, session: rest.sessionId },
        }),
    });
  }

  /** Compares what the session holds with what it would get now. */
  private look(watched: Watched<S>, trigger: Trigger): void {
    const { person, rest } = watched;
    if (watched.over) return;
    if (person.state !== "active") {
      this.end(watched, { rule: "person-disabled", reason: "This account was disabled." });
      return;
    }
    const grant = this.grants.find(rest.grant.id, person);
    const lost = this.lost(watched, grant, trigger);
    if (lost) {
      this.end(watched, lost);
      return;
    }
    if (grant) this.endWith(watched, grant);
    this.lease(watched, trigger);
  }

  /** Why the session cannot go on under its grant. */
  private lost(
    { rest, person }: Watched<S>,
    grant: Grant | undefined,
    trigger: Trigger,
  ): LeaseCause | undefined {
    const { id, source, endpoint, profile } = rest.grant;
    const same = grant?.endpoint === endpoint && grant.profile === profile;
    if (same && grant.state === "live") return undefined;
    // Nobody changed it: its window has closed.
    if (same && trigger === "policy") return GRANT_END;
    if (grant) {
      return { rule: "plant-changed", reason: "The plant file changed the grant of this session." };
    }
    if (source !== "plant-file") return GRANT_END;
    const standing = this.plant.current().grants.find((each) => each.id === id);
    if (!standing) {
      return { rule: "grant-revoked", reason: "The plant file no longer grants this." };
    }
    const gone = standing.untilMs !== undefined && standing.untilMs <= this.clock.wallMs();
    if (gone) return GRANT_END;
    return person.roles.join() === rest.person.roles.join()
      ? { rule: "plant-changed", reason: "The plant file gives this grant to somebody else now." }
      : roleChanged("The grant of this session is for a role that you no longer have.");
  }

  private lease(watched: Watched<S>, trigger: Trigger): void {
    const { person, rest, beganMs } = watched;
    const { decisions, signIns } = this.parts;
    const signedIn = signIns.get(rest.signInId);
    const durationSeconds = ageSeconds(this.clock.monotonicMs() - beganMs);
    const supervisorPresent = this.conditions.isSupervised(watched);
    const decision = decideReach(
      { plant: this.plant.current(), decisions },
      { ...signedIn, person },
      rest.grant,
      { session: { durationSeconds, supervisorPresent } },
    );
    this.redecisions.decided(watched);
    const classes = decision?.classes ?? [];
    if (classes.join() === watched.classes.join()) {
      watched.session?.renew();
      return;
    }
    const kept = decision && rulingOfLost(decision, watched.classes);
    const cause = causeOf(trigger, classes, kept);
    if (classes.length === 0) {
      this.end(watched, cause);
      return;
    }
    watched.classes = classes;
    watched.early = cause;
    watched.basis = decision && basisOf(decision);
    watched.session?.lease(classes, cause, watched.basis);
  }

  /**
   * The grant may end earlier now than when the session began; later does not count. The session
   * keeps the deadline itself, by both clocks and before every operation.
   */
  private endWith(watched: Watched<S>, { closesMs }: Grant): void {
    if (closesMs === null || closesMs >= watched.untilMs) return;
    watched.untilMs = closesMs;
    this.tellEnd(watched, "The grant ends earlier now.");
  }

  private tellEnd({ session, untilMs, rest }: Watched<S>, reason = "More time was given."): void {
    const rule = untilMs < rest.longestMs ? "grant-end" : "absolute";
    session?.moveEnd(untilMs, { rule, reason });
  }

  private end(watched: Watched<S>, cause: LeaseCause): void {
    if (watched.over) return;
    watched.over = cause;
    this.redecisions.forget(watched);
    this.conditions.forget(watched);
    watched.session?.end(cause);
  }

  /** Every session gets its turn, even if ending another one failed. */
  private each(act: (watched: Watched<S>) => void): void {
    const faults: unknown[] = [];
    for (const watched of [...this.all]) {
      try {
        act(watched);
      } catch (fault) {
        faults.push(fault);
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, "not every session took the change");
  }
}

const GRANT_END: LeaseCause = { rule: "grant-end", reason: "The grant of this session has ended." };

function roleChanged(reason: string): LeaseCause {
  return { rule: "role-changed", reason };
}

/** @param kept what keeps back a class that the session held */
function causeOf(
  trigger: Trigger,
  classes: readonly OperationClass[],
  kept: Ruling | undefined,
): LeaseCause {
  if (trigger === "person") {
    return roleChanged(
      classes.length === 0
        ? "Your roles do not open sessions here any more."
        : "Your roles allow other operations now.",
    );
  }
  if (kept) return { rule: kept.rule, reason: kept.reason };
  return { rule: "policy", reason: "The policies of this site permit more now." };
}
