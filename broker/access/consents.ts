/**
 * The control room's consent to one session: somebody asks, waits, and is agreed to or refused
 * under a signature. Nothing is dialled before. It is kept in memory: after a restart one asks
 * again; what was signed and said is in the site's events and the site log.
 */
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import { newId } from "../store/ids.ts";
import type { Person, SignedAction } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { RecordEvent } from "../store/store.ts";
import { AccessRefused, type Grant, type Opener } from "./access.ts";
import { canonicalJson } from "./permits.ts";

/** Long enough for the control room to ask on the telephone; longer, and the asker has moved on. */
export const CONSENT_WAIT_MS = 120_000;
/** The asker's page says this often enough that it still waits; without it the question is withdrawn. */
export const CONSENT_AWAY_MS = 10_000;
/** Once agreed, the session is opened by itself; a page that is gone opens none. */
export const CONSENT_USE_MS = 30_000;
/** What became of it is told to a page that asks a little late. */
const KEPT_MS = 5 * 60_000;
const OF_ONE_PERSON_MAX = 3;
const WAITING_MAX = 100;
const REASON_MAX = 300;

export interface Consent {
  readonly id: string;
  readonly person: Person;
  readonly signInId: string;
  readonly endpoint: string;
  readonly assetName: string;
  readonly grant: Grant;
  readonly askedMs: number;
  /** Wall clock; nobody can agree from then on. */
  readonly untilMs: number;
  readonly state: "waiting" | "agreed" | "refused" | "withdrawn" | "expired" | "used";
  /** Who answered, and what they said. */
  readonly by: string;
  readonly reason: string;
}

/** Stands in the permit and on the tape of the session that it opened. */
export interface ConsentGiven {
  readonly id: string;
  readonly by: string;
  readonly name: string;
  /** The signed act. */
  readonly actionId: string;
}

export interface ConsentAnswer {
  readonly answer: "agree" | "refuse";
  /** Needed to refuse. */
  readonly reason: string;
}

/** Where somebody may begin a session if the control room agrees. */
export interface Wanted {
  readonly grant: Grant;
  readonly assetName: string;
  readonly plantDigest: string;
}

export interface ConsentParts {
  readonly clock: Clock;
  readonly signedActions: SignedActions;
  /** All that opening asks but the consent. @throws AccessRefused */
  wanted(who: Opener, endpoint: string, grantId?: string): Wanted;
  note(event: Parameters<RecordEvent>[0]): void;
  /** The list is another one now. */
  changed(): void;
}

interface Entry {
  consent: Consent;
  plantDigest: string;
  given: ConsentGiven | undefined;
  /** On the monotonic clock. */
  stopWait: () => void;
  stopAway: () => void;
}

export class Consents {
  private readonly parts: ConsentParts;
  private readonly entries = new Map<string, Entry>();

  constructor(parts: ConsentParts) {
    this.parts = parts;
  }

  /** @throws AccessRefused as opening; too-many */
  ask(who: Opener, endpoint: string, grantId?: string): Consent {
    const { clock } = this.parts;
    const { grant, assetName, plantDigest } = this.parts.wanted(who, endpoint, grantId);
    const same = this.waiting().find(
      ({ person, grant: asked }) => person.id === who.person.id && asked.id === grant.id,
    );
    if (same?.signInId === who.signIn.id && same.endpoint === endpoint) return same;
    this.checkRoom(who.person);
    const consent: Consent = {
      ...{ id: newId(), person: who.person, signInId: who.signIn.id, endpoint, assetName, grant },
      ...{ askedMs: clock.wallMs(), untilMs: clock.wallMs() + CONSENT_WAIT_MS },
      ...{ state: "waiting", by: "", reason: "" },
    };
    const entry: Entry = {
      ...{ consent, plantDigest, given: undefined },
      stopWait: clock.after(CONSENT_WAIT_MS, () => this.over(entry, "expired", "nobody answered")),
      stopAway: () => {},
    };
    this.entries.set(consent.id, entry);
    this.stillHere(entry);
    this.note(entry, "consent:asked", "alarm", `asks the control room for ${profileOf(consent)}`);
    this.parts.changed();
    return consent;
  }

  /** What became of one's own question; asking says that one still waits. @throws not-found */
  own(who: Opener, id: string): Consent {
    const entry = this.ownEntry(who, id);
    if (entry.consent.state === "waiting") this.stillHere(entry);
    return this.current(entry);
  }

  /** @throws not-found */
  withdraw(who: Opener, id: string): void {
    const entry = this.ownEntry(who, id);
    if (entry.consent.state === "waiting") this.over(entry, "withdrawn", "they went away");
  }

  /** Those that wait, the oldest first. */
  waiting(): readonly Consent[] {
    return [...this.entries.values()]
      .map((entry) => this.current(entry))
      .filter(({ state }) => state === "waiting");
  }

  /** What the passkey will sign. @throws not-found, not-allowed, not-waiting, input-invalid */
  async options(who: SignedIn, id: string, answer: ConsentAnswer): Promise<ActionToSign> {
    const entry = this.open(who, id);
    const content = contentOf(entry, checked(answer));
    return this.parts.signedActions.options(who, "consent", content);
  }

  /** @throws as `options`, changed; IdentityRefused for the assertion */
  async answer(
    who: SignedIn,
    id: string,
    answer: ConsentAnswer & { readonly text: string; readonly response: unknown },
  ): Promise<Consent> {
    const { action, content } = await this.parts.signedActions.prove(who, "consent", answer);
    const entry = this.open(who, id);
    const given = checked(answer);
    if (canonicalJson(content) !== canonicalJson(contentOf(entry, given))) {
      throw new AccessRefused("changed", "this is not what was signed");
    }
    return given.answer === "agree"
      ? this.agree(entry, who.person, action)
      : this.refuse(entry, who.person, given.reason);
  }

  /**
   * Good for one session of who asked, in the browser that asked, under the grant it was for.
   * @throws AccessRefused consent-required
   */
  spend(who: Opener, endpoint: string, grant: Grant, id: string | undefined): ConsentGiven {
    const entry = id === undefined ? undefined : this.entries.get(id);
    const consent = entry && this.current(entry);
    const fits =
      consent?.state === "agreed" &&
      consent.person.id === who.person.id &&
      consent.signInId === who.signIn.id &&
      consent.endpoint === endpoint &&
      consent.grant.id === grant.id;
    if (!entry?.given || !fits) {
      throw new AccessRefused("consent-required", "the control room has to agree first");
    }
    entry.consent = { ...entry.consent, state: "used" };
    entry.stopWait();
    this.forgetLater(entry);
    return entry.given;
  }

  /** Whoever asked lost the sign-in or the account, or the site was locked: nothing waits. */
  drop(which: (consent: Consent) => string | undefined): void {
    for (const entry of [...this.entries.values()]) {
      const { state } = entry.consent;
      if (state !== "waiting" && state !== "agreed") continue;
      const why = which(entry.consent);
      if (why !== undefined) this.over(entry, "withdrawn", why);
    }
  }

  close(): void {
    for (const entry of this.entries.values()) {
      entry.stopWait();
      entry.stopAway();
    }
    this.entries.clear();
  }

  private ownEntry(who: Opener, id: string): Entry {
    const entry = this.entries.get(id);
    if (entry?.consent.person.id === who.person.id) return entry;
    throw new AccessRefused("not-found", "no such question of this person");
  }

  private open(who: SignedIn, id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new AccessRefused("not-found", "no such question");
    if (entry.consent.person.id === who.person.id) {
      throw new AccessRefused("not-allowed", "one's own session");
    }
    if (this.current(entry).state !== "waiting") {
      throw new AccessRefused("not-waiting", "it was answered, withdrawn or has expired");
    }
    return entry;
  }

  private agree(entry: Entry, by: Person, action: SignedAction): Consent {
    const { id } = entry.consent;
    entry.given = { id, by: by.id, name: by.name, actionId: action.id };
    entry.stopWait();
    entry.stopAway();
    entry.stopWait = this.parts.clock.after(CONSENT_USE_MS, () =>
      this.over(entry, "expired", "no session was opened with it"),
    );
    const untilMs = this.parts.clock.wallMs() + CONSENT_USE_MS;
    entry.consent = { ...entry.consent, state: "agreed", by: by.name, untilMs };
    this.note(entry, "consent:agreed", "event", `may begin: ${by.name} agreed`);
    this.parts.changed();
    return entry.consent;
  }

  private refuse(entry: Entry, by: Person, reason: string): Consent {
    entry.consent = { ...entry.consent, by: by.name };
    this.over(entry, "refused", reason);
    return entry.consent;
  }

  private over(entry: Entry, state: "refused" | "withdrawn" | "expired", reason: string): void {
    if (entry.consent.state !== "waiting" && entry.consent.state !== "agreed") return;
    entry.consent = { ...entry.consent, state, reason };
    entry.given = undefined;
    entry.stopWait();
    entry.stopAway();
    const by = entry.consent.by === "" ? "" : ` by ${entry.consent.by}`;
    this.note(entry, `consent:${state}`, "event", `does not begin, ${state}${by}: ${reason}`);
    this.forgetLater(entry);
    this.parts.changed();
  }

  /** With its state worked out by both clocks: timers may come late. */
  private current(entry: Entry): Consent {
    const late = this.parts.clock.wallMs() >= entry.consent.untilMs;
    if (late) this.over(entry, "expired", "nobody answered in time");
    return entry.consent;
  }

  private stillHere(entry: Entry): void {
    entry.stopAway();
    entry.stopAway = this.parts.clock.after(CONSENT_AWAY_MS, () =>
      this.over(entry, "withdrawn", "they went away"),
    );
  }

  private forgetLater({ consent }: Entry): void {
    this.parts.clock.after(KEPT_MS, () => this.entries.delete(consent.id));
  }

  private checkRoom(person: Person): void {
    const waiting = this.waiting();
    const own = waiting.filter((each) => each.person.id === person.id).length;
    if (own < OF_ONE_PERSON_MAX && waiting.length < WAITING_MAX) return;
    throw new AccessRefused("too-many", "too many sessions wait for consent");
  }

  private note({ consent }: Entry, kind: string, priority: "event" | "alarm", what: string): void {
    const { person, assetName, endpoint, grant } = consent;
    const about = { grant: grant.id, endpoint, profile: grant.profile };
    const text = `The session of ${person.name} on ${assetName} ${what}`;
    this.parts.note({ kind, priority, text, about, subject: person.id });
  }
}

function profileOf({ grant }: Consent): string {
  return `consent (profile ${grant.profile})`;
}

/** @throws AccessRefused input-invalid */
function checked({ answer, reason }: ConsentAnswer): ConsentAnswer {
  const text = plainText(reason, REASON_MAX);
  if (answer === "refuse" && text === "") {
    throw new AccessRefused("input-invalid", "Say why you refuse: the person will read it.");
  }
  return { answer, reason: text };
}

/** All that the answer is for. A value that changes here makes the signature worthless. */
function contentOf({ consent, plantDigest }: Entry, given: ConsentAnswer): ActionContent {
  const { id, person, endpoint, grant, askedMs, untilMs } = consent;
  return {
    ...{ answer: given.answer, reason: given.reason, consent: id, endpoint, plantDigest },
    person: { id: person.id, name: person.name, employer: person.employer },
    grant: { id: grant.id, profile: grant.profile, reason: grant.reason },
    ...{ askedMs, untilMs },
  };
}
