/**
 * Break-glass: access without approvers, when waiting for one would do harm. One person with the
 * right signs exactly what is opened, for whom and why; everybody entitled is alarmed at once; the
 * grant ends within the hour; and the use stays open until somebody who neither opened nor held it
 * has looked at its recordings and signed what they found.
 *
 * A lock wins. Break-glass is the deed of one person: were it to open what is locked, it would be
 * the back door around the two people that a site's lock needs. Who must get in lifts the lock
 * first; a lone administrator does that on the host (`sallyport unlock`).
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import {
  findBreakGlass,
  insertBreakGlass,
  listBreakGlass,
  reviewBreakGlass,
} from "../store/break-glass.ts";
import { insertGrant } from "../store/grants.ts";
import { newId } from "../store/ids.ts";
import type { BreakGlassUse, ConsoleGrant, Person } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import type { Queries } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import {
  AccessRefused,
  type ControlledSession,
  type LeaseCause,
  type PlantInForce,
} from "./access.ts";
import {
  type BreakGlassReview,
  breakGlassFrom,
  type NewBreakGlass,
  openingContent,
  reviewContent,
  reviewFrom,
  reviewIn,
  wantedIn,
} from "./break-glass-content.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { GrantBook } from "./grant-book.ts";
import { classesHeld, findEndpoint, findProfile } from "./reach.ts";
import type { SessionWatch } from "./session-watch.ts";

export interface SignedAnswer {
  readonly text: string;
  readonly response: unknown;
}

export interface BreakGlassParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly book: GrantBook;
  readonly watch: Pick<SessionWatch<ControlledSession>, "grantRevoked">;
  readonly signedActions: SignedActions;
  readonly decisions: DecisionPoint;
  /** Why this person cannot be let in whatever they hold: a lock, a sponsor who left. */
  barOver(personId: string, assetId: string): LeaseCause | undefined;
  /** Grants were made or ended. */
  changed(): void;
}

/** What a page lists; those that wait for a review come first. */
const LIST_MAX = 500;

interface Opening {
  readonly wanted: NewBreakGlass;
  readonly opener: Person;
  readonly holder: Person;
}

export class BreakGlass {
  private readonly parts: BreakGlassParts;

  constructor(parts: BreakGlassParts) {
    this.parts = parts;
  }

  list(): Promise<readonly BreakGlassUse[]> {
    return listBreakGlass(this.parts.store.queries, LIST_MAX);
  }

  /** @throws AccessRefused not-found */
  get(id: string): Promise<BreakGlassUse> {
    return this.found(this.parts.store.queries, id);
  }

  /** Whether it still counts. A lookup in memory. */
  isOpen(id: string): boolean {
    return this.parts.book.openGrant(id) !== undefined;
  }

  /** @throws AccessRefused not-found, locked, suspended, input-invalid, not-allowed */
  async openOptions(who: SignedIn, given: NewBreakGlass): Promise<ActionToSign> {
    const opening = await this.opening(this.parts.store.queries, who.person.id, given);
    return this.parts.signedActions.options(who, "break-glass", this.openingContent(opening));
  }

  /** The grant counts, and everybody has been alarmed, when this resolves. */
  async open(who: SignedIn, answer: SignedAnswer): Promise<BreakGlassUse> {
    const { store, signedActions, clock } = this.parts;
    const { action, content } = await signedActions.prove(who, "break-glass", answer);
    const grant = await store.act(async (queries, record) => {
      const opening = await this.opening(queries, who.person.id, wantedIn(content));
      same(content, this.openingContent(opening));
      const { opener, holder } = opening;
      const made = grantOf(opening, clock.wallMs());
      await insertGrant(queries, made);
      await insertBreakGlass(queries, {
        ...{ id: made.id, openedBy: opener.id, holderId: holder.id },
        ...{ openedMs: made.createdMs, actionId: action.id },
      });
      const about = aboutOf(made);
      await record({ kind: "break-glass:opened", priority: "alarm", ...told(opening), about });
      return made;
    });
    // No await since the transaction: from this turn on the grant counts.
    this.parts.book.keepBreakGlass(grant);
    this.parts.changed();
    return this.found(store.queries, grant.id);
  }

  /**
   * Ends it before its time; live sessions under it end in this turn.
   * @throws AccessRefused not-found, not-allowed (neither opener, holder nor who may review)
   */
  async end(by: Person, id: string): Promise<void> {
    const use = await this.found(this.parts.store.queries, id);
    const own = concerned(use, by) && this.isActive(by);
    if (!own && !this.mayReview(by, use)) throw missing();
    if (!this.isOpen(id)) {
      throw new AccessRefused("not-waiting", "it has ended already");
    }
    this.parts.book.withdraw(id);
    this.parts.watch.grantRevoked(id, by);
    this.parts.changed();
    await this.parts.book.keepRevoked(id, by);
  }

  /** @throws AccessRefused not-found, not-allowed (one's own), not-waiting (still open, reviewed) */
  async reviewOptions(who: SignedIn, id: string, given: BreakGlassReview): Promise<ActionToSign> {
    const use = await this.reviewable(this.parts.store.queries, who.person.id, id);
    const content = reviewContent(use, reviewFrom(given));
    return this.parts.signedActions.options(who, "break-glass", content);
  }

  /** @param check throws if what was signed is not what there is to review any more */
  async review(
    who: SignedIn,
    id: string,
    answer: SignedAnswer,
    check: (content: ActionContent) => void = () => {},
  ): Promise<BreakGlassUse> {
    const { store, signedActions } = this.parts;
    const { action, content } = await signedActions.prove(who, "break-glass", answer);
    check(content);
    const { verdict, comment, sessions } = reviewIn(content);
    await store.act(async (queries, record) => {
      const use = await this.reviewable(queries, who.person.id, id);
      same(content, reviewContent(use, { verdict, comment, sessions }));
      const review = { by: who.person.id, atMs: action.atMs, actionId: action.id };
      if (!(await reviewBreakGlass(queries, id, { ...review, verdict, comment }))) throw reviewed();
      const found = verdict === "justified" ? "justified" : "not justified";
      await record({
        kind: "break-glass:reviewed",
        priority: verdict === "justified" ? "event" : "alarm",
        text: `${who.person.name} found the break-glass use of ${use.openedBy.name} on ${use.endpoint} ${found}: ${comment}`,
        subject: use.openedBy.id,
        about: aboutOf(use),
      });
    });
    this.parts.changed();
    return this.found(store.queries, id);
  }

  /** Why this person cannot review it, in words for them; undefined where they can. */
  reviewRefusal(person: Person, use: BreakGlassUse): string | undefined {
    if (use.review) return "It was reviewed.";
    if (concerned(use, person)) return "Somebody who neither opened nor held it reviews it.";
    if (!this.mayReview(person, use)) return "Your roles do not review break-glass.";
    return this.isOver(use) ? undefined : "It is still open: end it, or wait for its end.";
  }

  private isOver({ id, untilMs }: BreakGlassUse): boolean {
    return untilMs <= this.parts.clock.wallMs() || !this.isOpen(id);
  }

  private isActive({ state }: Person): boolean {
    return state === "active";
  }

  private mayReview(person: Person, { endpoint }: BreakGlassUse): boolean {
    const asset = endpoint.split("/")[0] ?? "";
    return this.parts.decisions.mayAt(onceAsserted(person), "break-glass:review", asset);
  }

  private openingContent({ wanted, opener, holder }: Opening) {
    return openingContent(wanted, opener, holder, this.parts.plant.current().digest);
  }

  private async opening(
    queries: Queries,
    openerId: string,
    given: NewBreakGlass,
  ): Promise<Opening> {
    const wanted = breakGlassFrom(given);
    const { decisions, plant } = this.parts;
    const opener = await findPerson(queries, openerId);
    if (!opener || !decisions.may(onceAsserted(opener), "break-glass:open")) {
      throw new AccessRefused("not-allowed", "no right to break the glass");
    }
    const holder = await findPerson(queries, wanted.holderId);
    const found = findEndpoint(plant.current(), wanted.endpoint);
    if (!holder || !found || !findProfile(plant.current(), wanted.profile)) throw missing();
    if (!this.isActive(holder)) throw input(`${holder.name} cannot sign in now.`);
    const bar = this.parts.barOver(holder.id, found.asset.id);
    if (bar) throw barred(bar);
    const { endpoint, profile } = wanted;
    const grant = { id: "", endpoint, profile, approvers: [], ticket: "" };
    if (classesHeld({ plant: plant.current(), decisions }, holder, grant).length === 0) {
      throw input(`The policies give ${holder.name} nothing of ${wanted.profile}: choose another.`);
    }
    if (this.parts.book.hasBreakGlass(holder.id, wanted.endpoint)) {
      throw input(`${holder.name} has broken the glass on ${wanted.endpoint} already.`);
    }
    return { wanted, opener, holder };
  }

  private async reviewable(queries: Queries, personId: string, id: string): Promise<BreakGlassUse> {
    const use = await this.found(queries, id);
    const person = await findPerson(queries, personId);
    if (!person || !this.mayReview(person, use)) throw missing();
    if (use.review) throw reviewed();
    const refusal = this.reviewRefusal(person, use);
    if (refusal === undefined) return use;
    if (concerned(use, person)) throw new AccessRefused("not-allowed", refusal);
    throw input(refusal);
  }

  private async found(queries: Queries, id: string): Promise<BreakGlassUse> {
    const use = await findBreakGlass(queries, id);
    if (!use) throw missing();
    return use;
  }
}

function grantOf({ wanted, opener, holder }: Opening, nowMs: number): ConsoleGrant {
  const { endpoint, profile, reason, durationMs } = wanted;
  return {
    ...{ id: newId(), personId: holder.id, endpoint, profile, reason },
    ...{ fromMs: nowMs, untilMs: nowMs + durationMs, createdBy: opener.id, createdMs: nowMs },
    ...{ revokedMs: null, revokedBy: null, requestId: null, weekly: null, sessionsMax: null },
  };
}

function told({ wanted, opener, holder }: Opening) {
  const { profile, endpoint, durationMs, reason } = wanted;
  const whom = holder.id === opener.id ? "" : ` for ${holder.name}`;
  return {
    text: `${opener.name} broke the glass${whom}: ${profile} on ${endpoint} for ${Math.round(durationMs / 60_000)} minutes, without approval: ${reason}`,
    subject: opener.id,
  };
}

function aboutOf(use: { readonly id: string; readonly endpoint: string }) {
  const [asset = ""] = use.endpoint.split("/");
  return { grant: use.id, asset, endpoint: use.endpoint };
}

function concerned({ openedBy, holder }: BreakGlassUse, { id }: Person): boolean {
  return openedBy.id === id || holder.id === id;
}

function barred({ rule, reason }: LeaseCause): AccessRefused {
  if (rule !== "lockdown") return new AccessRefused("suspended", reason);
  return new AccessRefused("locked", `${reason.replace(/[.]$/, "")}. Break-glass opens no lock`);
}

function same(signed: Parameters<typeof canonicalJson>[0], now: typeof signed): void {
  if (canonicalJson(signed) === canonicalJson(now)) return;
  throw new AccessRefused("changed", "not what was signed for any more");
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such use, person, endpoint or profile");
}

function reviewed(): AccessRefused {
  return new AccessRefused("not-waiting", "it was reviewed already");
}

function input(message: string): AccessRefused {
  return new AccessRefused("input-invalid", message);
}
