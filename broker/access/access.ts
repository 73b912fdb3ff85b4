/**
 * Who may open what, and what a live session goes on resting on; `openAccess` in
 * `open-access.ts` builds the real one. `S` is the live session of `sessions/`, of which only
 * what is in `ControlledSession` is used here.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Asset, Plant, SessionNeeds } from "../plant/model.ts";
import type { PlantChange } from "../plant/plant-change.ts";
import type { Person, SignIn, WeeklyWindow } from "../store/model.ts";
import type { StandingRight } from "./access-review.ts";
import type { BreakGlass } from "./break-glass.ts";
import type { Consents } from "./consents.ts";
import type { KeySwitches } from "./key-switches.ts";
import type { Locks } from "./locks.ts";
import type { Permit } from "./permit.ts";
import type { Presence } from "./presence.ts";
import type { Requests } from "./requests.ts";
import type { Vendors } from "./vendors.ts";

export interface Access<S extends ControlledSession> {
  /** Every grant, from the plant file and from the console, newest first; for administrators. */
  grants(): Promise<readonly Grant[]>;
  /** Live and coming grants of a person, best first (live, most classes, longest). */
  grantsOf(person: Person, endpointId?: string): readonly Grant[];
  /** `grantsOf` for every endpoint on which there is one. */
  grantsByEndpoint(person: Person): ReadonlyMap<string, readonly Grant[]>;
  /** Those of `grantsOf` that count now and can open something. */
  liveGrants(person: Person, endpointId: string): readonly Grant[];
  /** What the person would hold under the grant: the profile's classes that the roles allow. */
  classes(person: Person, grant: Grant): readonly OperationClass[];
  /** Vendors see only assets on which they hold a live or coming grant. */
  mayView(person: Person, asset: Asset): boolean;
  /** The same of many: what it depends on is looked up once. */
  viewable(person: Person): (asset: Asset) => boolean;
  /**
   * An administrator may grant to oneself; it is recorded as an alarm.
   * @throws AccessRefused not-allowed, not-found, input-invalid
   */
  createGrant(by: Person, grant: NewGrant): Promise<Grant>;
  /**
   * Live sessions under it end before this returns its promise. Not those of the plant file.
   * @throws not-found, not-allowed
   */
  revokeGrant(by: Person, grantId: string): Promise<void>;
  /**
   * Mints a permit, opens the session and keeps it on what it rests on until it ends. `visit`:
   * the first session of the visit that it joins; the caller has looked whether it may.
   * @throws AccessRefused not-allowed, not-found, no-grant, locked, suspended, step-up-required,
   * key-switch, ticket-refused, consent-required (for `consentId`), too-many; what the host throws
   */
  openSession(
    who: Opener,
    endpointId: string,
    grantId?: string,
    consentId?: string,
    visit?: string,
  ): Promise<S>;
  /** The control room's word on sessions that want to begin. */
  readonly consents: Pick<Consents, "ask" | "own" | "withdraw" | "waiting" | "options" | "answer">;
  readonly keySwitches: Pick<KeySwitches, "list" | "over" | "isSiteOpen">;
  /** Who watches which session, as the live channel knows. */
  readonly presence: Pick<Presence, "attend">;
  /** Consents were asked for or answered, or a key switch was turned. */
  onSupervisionChanged(listener: () => void): () => void;
  readonly requests: Requests;
  readonly vendors: Vendors;
  /** Access without approvers, and its review. */
  readonly breakGlass: BreakGlass;
  /** Rights that stand, with their last use. */
  review(): Promise<readonly StandingRight[]>;
  /** What is shut, whoever holds a grant for it. */
  readonly locks: Locks;
  /** A grant was made, revoked, moved, or came with a changed plant file. Returns an unsubscribe function. */
  onGrantsChanged(listener: () => void): () => void;
  /** Stops listening and timers. Sessions are ended by the session host. */
  close(): void;
}

/** Matches `SignedIn` of identity. */
export interface Opener {
  readonly person: Person;
  readonly signIn: SignIn;
  readonly assertionAgeMs: number;
}

export interface NewGrant {
  readonly personId: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
}

export interface Grant {
  readonly id: string;
  /** `request`: somebody asked for it and others agreed. `break-glass`: nobody did. */
  readonly source: "plant-file" | "console" | "request" | "break-glass";
  /** Null for a plant-file grant to a role, or to somebody who is not known yet. */
  readonly personId: string | null;
  /** Name of the person, or `role:engineer`, or the e-mail address of the plant file. */
  readonly subject: string;
  readonly endpoint: string;
  /** Id of the site that it is at. */
  readonly site: string;
  readonly profile: string;
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  /** Counts only within these, in that site's time zone. */
  readonly weekly: readonly WeeklyWindow[] | null;
  /** When it counts next, or since when it does; null for ever. With `weekly`, of the window. */
  readonly opensMs: number | null;
  /** When it stops to count, or will the next time. A session under it ends then. */
  readonly closesMs: number | null;
  /** What each session under it needs besides; rules of the plant may ask for more. */
  readonly needs: SessionNeeds;
  /** Ids of those who approved the request that it came of; nobody for any other grant. */
  readonly approvers: readonly string[];
  readonly ticket: string;
  /** Live sessions at a time. */
  readonly sessionsMax: number | null;
  readonly state: "coming" | "live" | "ended" | "revoked";
  /** Name of a person, or `plant file`. */
  readonly createdBy: string;
  readonly createdMs: number;
  readonly reason: string;
}

/** What took a right or ended a session; has the shape of `Cause` of sessions. */
export interface LeaseCause {
  readonly rule: string;
  readonly reason: string;
  readonly by?: string;
}

/** The part of a live session that access holds on to. */
export interface ControlledSession {
  lease(classes: readonly OperationClass[], cause: LeaseCause, basis?: string): void;
  /** Decided again, and the same: it goes on counting. */
  renew(): void;
  /** A standing condition is not met: nothing above `observe` passes until it is. */
  lapse(condition: string, cause: LeaseCause): unknown;
  meet(condition: string, cause: LeaseCause): void;
  /** Until a person resumes it. */
  freeze(cause: LeaseCause): unknown;
  end(cause: LeaseCause): unknown;
  /** More time was given, or some taken: the deadline moves and the person is told. */
  moveEnd(untilMs: number, cause: LeaseCause): void;
  readonly closed: Promise<unknown>;
}

/** `SessionHost` satisfies it. */
export interface SessionOpener<S extends ControlledSession> {
  open(permit: Permit): Promise<S>;
}

/** The plant in force, and word of each change in the turn in which it comes into force. */
export interface PlantInForce {
  current(): Plant;
  onChanged(listener: (plant: Plant, change: PlantChange) => void): () => void;
}

export type AccessCode =
  | "not-allowed"
  | "not-found"
  /** What was given or taken could not be kept, so nothing new is given. */
  | "store-away"
  /** Nothing permits it now; a grant may be coming or may have ended. */
  | "no-grant"
  /** A lock covers the person or the asset; the message says whose and why. */
  | "locked"
  /** Who answers for this account does so no more. */
  | "suspended"
  | "step-up-required"
  /** The browser has shown no key that the site knows. */
  | "device-required"
  /** A policy asks more of the device than is known of it; the message says what. */
  | "device-refused"
  /** A workload asks for what only a passkey can open. */
  | "needs-a-person"
  | "input-invalid"
  | "too-many"
  /** It was decided, withdrawn or has expired. */
  | "not-waiting"
  /** The control room has to agree to this session first. */
  | "consent-required"
  /** The site's ticket system does not say that work under it may begin; the message says why. */
  | "ticket-refused"
  /** A key switch of the plant is not on; the message says which. */
  | "key-switch"
  /** Not what was signed for any more. */
  | "changed";

/** Refused. The message is for logs; people get theirs from the API by the code. */
export class AccessRefused extends Error {
  override readonly name = "AccessRefused";
  readonly code: AccessCode;
  constructor(code: AccessCode, message: string) {
    super(message);
    this.code = code;
  }
}
