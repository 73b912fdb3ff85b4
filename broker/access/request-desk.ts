/**
 * Where requests are made, decided and taken back. Every change is one transaction that looks at
 * everything it rests on again, so of two that cross each other exactly one happens; grants count
 * in the turn in which that transaction is done.
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import { newId } from "../store/ids.ts";
import type { AccessRequest, EventAbout, Person, RequestDecision } from "../store/model.ts";
import { findPerson, listPeople } from "../store/people.ts";
import {
  countWaiting,
  findRequest,
  insertDecision,
  insertRequest,
  listDecisions,
  moveRequest,
} from "../store/requests.ts";
import type { Queries } from "../store/schema.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import type { ControlledSession } from "./access.ts";
import { AccessRefused, type PlantInForce } from "./access.ts";
import { isAgreed, isApprover, isOwn, rulesFor, standing } from "./approval-rules.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { GrantBook } from "./grant-book.ts";
import { classesHeld, findEndpoint, findProfile } from "./reach.ts";
import { contentToSign, decisionFrom, decisionIn } from "./request-content.ts";
import { keepAgreed, takeBack } from "./request-grants.ts";
import { moreTimeFrom, type RequestHead, requestFrom } from "./request-input.ts";
import { seeRequests } from "./request-view.ts";
import type { Decision, MoreTime, NewRequest, RequestSeen, Requests } from "./requests.ts";
import type { SessionWatch } from "./session-watch.ts";
import type { TicketGate } from "./ticket-gate.ts";

/** Waiting at once, of one person: nobody reads more. */
const WAITING_MAX = 20;

export interface RequestParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly book: GrantBook;
  readonly watch: Pick<SessionWatch<ControlledSession>, "grantMoved" | "grantRevoked">;
  readonly signedActions: SignedActions;
  readonly decisions: DecisionPoint;
  readonly tickets?: TicketGate | undefined;
  mayView(person: Person, asset: { readonly id: string }): boolean;
  /** Grants were made, moved or ended. */
  changed(): void;
}

export class RequestDesk implements Requests {
  private readonly parts: RequestParts;

  constructor(parts: RequestParts) {
    this.parts = parts;
  }

  seenBy(person: Person): Promise<readonly RequestSeen[]> {
    return seeRequests(this.parts, person);
  }

  async ask(by: Person, wanted: NewRequest): Promise<RequestSeen> {
    if (!this.parts.decisions.may(onceAsserted(by), "request:make"))
      throw notAllowed("no role that opens sessions");
    return this.askFor(by, by, wanted);
  }

  /** Also for a vendor, by the sponsor. */
  async askFor(by: Person, person: Person, wanted: NewRequest): Promise<RequestSeen> {
    const head = { person, by, nowMs: this.parts.clock.wallMs() };
    const request = requestFrom(wanted, head);
    await this.checkReach(by, person, request);
    return this.keep(request, head);
  }

  /** For a vendor who is not there yet: throws what `askFor` would. */
  async checkFor(by: Person, wanted: NewRequest): Promise<void> {
    const vendor: Person = { ...by, roles: ["vendor"] };
    const nowMs = this.parts.clock.wallMs();
    await this.checkReach(by, vendor, requestFrom(wanted, { person: vendor, by, nowMs }));
    await checkCount(this.parts.store.queries, by, nowMs);
  }

  async askMoreTime(by: Person, grantId: string, wanted: MoreTime): Promise<RequestSeen> {
    const grant = this.parts.book.openGrant(grantId);
    if (!grant || grant.personId !== by.id) {
      throw new AccessRefused("no-grant", "no grant of this person that could last longer");
    }
    if (this.parts.book.isBreakGlass(grantId)) {
      const message = "Break-glass is not made longer: ask for a time of its own.";
      throw new AccessRefused("input-invalid", message);
    }
    if (grant.weekly) {
      throw new AccessRefused("input-invalid", "Ask for another window: this one is weekly.");
    }
    const head = { person: by, by, nowMs: this.parts.clock.wallMs() };
    return this.keep(moreTimeFrom(wanted, grant, head), head);
  }

  async withdraw(by: Person, requestId: string): Promise<void> {
    const { store, clock } = this.parts;
    const ended = await store.act(async (queries, record) => {
      const request = await findRequest(queries, requestId);
      if (!request || !isOwn(request, by)) throw missing();
      const nowMs = clock.wallMs();
      const from = request.state;
      const over = from === "waiting" ? request.expiresMs <= nowMs : from !== "approved";
      if (over || (from === "approved" && request.grantId !== null)) throw notWaiting();
      if (!(await moveRequest(queries, request.id, { from, to: "withdrawn" }, nowMs))) {
        throw notWaiting();
      }
      await record({
        kind: "request:withdrawn",
        priority: "event",
        text: `${by.name} took back the request for ${request.endpoints.join(", ")}`,
        subject: request.personId,
        about: aboutRequest(request),
      });
      return from === "approved" ? takeBack(queries, request, by, nowMs) : [];
    });
    this.parts.book.drop(ended);
    for (const id of ended) this.parts.watch.grantRevoked(id, by);
    this.parts.changed();
  }

  async decisionOptions(who: SignedIn, requestId: string, given: Decision): Promise<ActionToSign> {
    const { queries } = this.parts.store;
    const open = await this.open(queries, who.person.id, requestId);
    if (open.request.grantId !== null && (given.needs?.length ?? 0) > 0) {
      throw new AccessRefused("input-invalid", "More time keeps what the grant needs as it is.");
    }
    const decision = decisionFrom(given);
    await this.checkTicket(open.request, decision);
    const content = this.content(open, decision);
    return this.parts.signedActions.options(who, "request", content);
  }

  async decide(
    who: SignedIn,
    requestId: string,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<RequestSeen> {
    const { store, signedActions } = this.parts;
    const { action, content } = await signedActions.prove(who, "request", answer);
    const asked = await findRequest(store.queries, requestId);
    if (asked) await this.checkTicket(asked, decisionIn(content));
    const agreed = await store
      .act(async (queries, record) => {
        const open = await this.open(queries, who.person.id, requestId);
        const decision = decisionIn(content);
        if (!isSame(content, this.content(open, decision))) {
          throw new AccessRefused("changed", "not what was signed for any more");
        }
        await insertDecision(queries, {
          ...{ id: newId(), requestId, personId: open.decider.id, ...decision },
          ...{ atMs: action.atMs, actionId: action.id },
        });
        return decision.decision === "refuse"
          ? this.refuse(queries, record, open, decision)
          : this.approve(queries, record, open);
      })
      .catch((error: unknown) => {
        throw error instanceof UniqueViolation ? notWaiting() : error;
      });
    // No await since the transaction: from this turn on the grants count.
    this.parts.book.keep(agreed.made);
    for (const { id, untilMs } of agreed.moved) {
      this.parts.book.endMoved(id, untilMs);
      this.parts.watch.grantMoved(id);
    }
    this.parts.changed();
    return this.seen(who.person, requestId);
  }

  /** No grant begins under a ticket that does not stand; a request may well be refused under it. */
  private async checkTicket({ ticket }: AccessRequest, { decision }: Decision): Promise<void> {
    const refusal = decision === "approve" ? await this.parts.tickets?.refusal(ticket) : undefined;
    if (refusal !== undefined) throw new AccessRefused("ticket-refused", refusal);
  }

  private async keep(request: AccessRequest, head: RequestHead): Promise<RequestSeen> {
    const { by, person, nowMs } = head;
    await this.parts.store.act(async (queries, record) => {
      await checkCount(queries, by, nowMs);
      await insertRequest(queries, request);
      const whom = person.id === by.id ? "" : ` for ${person.name}`;
      const what = request.grantId === null ? request.profile : `more time of ${request.profile}`;
      await record({
        kind: "request:made",
        priority: "event",
        text: `${by.name} asked${whom} for ${what} on ${request.endpoints.join(", ")}: ${request.reason}`,
        subject: person.id,
        about: aboutRequest(request),
      });
    });
    return this.seen(by, request.id);
  }

  /**
   * What one may not see does not exist; a profile that gives nothing is not worth asking for,
   * even if everybody agreed who could.
   */
  private async checkReach(by: Person, person: Person, request: AccessRequest): Promise<void> {
    const { decisions, store } = this.parts;
    const approvers = await possibleApprovers(store.queries, [by.id, person.id]);
    const plant = this.parts.plant.current();
    const { profile, ticket } = request;
    if (!findProfile(plant, profile)) throw missing();
    for (const endpoint of request.endpoints) {
      const found = findEndpoint(plant, endpoint);
      if (!found || !this.parts.mayView(by, found.asset)) throw missing();
      const holder: Person = { ...person, state: "active" };
      const grant = { id: "", endpoint, profile, approvers, ticket };
      const reached = classesHeld({ plant, decisions }, holder, grant);
      if (reached.length > 0) continue;
      throw new AccessRefused("input-invalid", `${profile} gives nothing to these roles.`);
    }
  }

  /** A request that waits, and a person who may decide about it. */
  private async open(queries: Queries, personId: string, requestId: string): Promise<OpenRequest> {
    const request = await findRequest(queries, requestId);
    const decider = await findPerson(queries, personId);
    if (!request || !decider) throw missing();
    const rules = rulesFor(this.parts.plant.current(), request.endpoints);
    const own = isOwn(request, decider);
    const entitled = this.parts.decisions.may(onceAsserted(decider), "request:approve");
    if (!own && !(entitled && rules.some((rule) => isApprover(rule, decider)))) throw missing();
    if (own) throw notAllowed("one's own request");
    if (request.state !== "waiting" || request.expiresMs <= this.parts.clock.wallMs()) {
      throw notWaiting();
    }
    const person = await findPerson(queries, request.personId);
    const requestedBy = await findPerson(queries, request.requestedBy);
    if (!person || !requestedBy) throw missing();
    return { request, decider, person, requestedBy };
  }

  private content(open: OpenRequest, decision: Decision): ActionContent {
    return contentToSign(open.request, open, this.parts.plant.current().digest, decision);
  }

  private async refuse(
    queries: Queries,
    record: RecordEvent,
    { request, decider, person }: OpenRequest,
    { reason }: Decision,
  ): Promise<Agreed> {
    await this.move(queries, request, "refused");
    await record({
      kind: "request:refused",
      priority: "event",
      text: `${decider.name} refused the request of ${person.name} for ${request.endpoints.join(", ")}: ${reason}`,
      subject: person.id,
      about: aboutRequest(request),
    });
    return NOTHING;
  }

  private async approve(
    queries: Queries,
    record: RecordEvent,
    { request, decider, person, requestedBy }: OpenRequest,
  ): Promise<Agreed> {
    if (person.state === "disabled" || requestedBy.state !== "active") throw notWaiting();
    const plant = this.parts.plant.current();
    const rules = rulesFor(plant, request.endpoints);
    const approvers = await approversOf(queries, request.id);
    const enough = isAgreed(standing(rules, approvers));
    await record({
      kind: enough ? "request:approved" : "request:agreed",
      priority: "event",
      text: `${decider.name} approved the request of ${person.name} for ${request.profile} on ${request.endpoints.join(", ")}${enough ? "" : "; somebody else must agree too"}`,
      subject: person.id,
      about: aboutRequest(request),
    });
    if (!enough) return NOTHING;
    await this.move(queries, request, "approved");
    const decisions = await listDecisions(queries, [request.id]);
    const needs = decisions.flatMap(
      (each) => (each.decision === "approve" ? each.needs : []) ?? [],
    );
    return keepAgreed(queries, this.parts, request, { by: decider, needs, approvers });
  }

  private async move(
    queries: Queries,
    request: AccessRequest,
    to: AccessRequest["state"],
  ): Promise<void> {
    const nowMs = this.parts.clock.wallMs();
    if (await moveRequest(queries, request.id, { from: "waiting", to }, nowMs)) return;
    throw notWaiting();
  }

  private async seen(person: Person, requestId: string): Promise<RequestSeen> {
    const found = (await this.seenBy(person)).find(({ request }) => request.id === requestId);
    if (!found) throw missing();
    return found;
  }
}

interface OpenRequest {
  readonly request: AccessRequest;
  readonly decider: Person;
  readonly person: Person;
  readonly requestedBy: Person;
}

function aboutRequest({ id, endpoints, profile }: AccessRequest): EventAbout {
  return { request: id, endpoint: endpoints.join(", "), profile };
}

type Agreed = Awaited<ReturnType<typeof keepAgreed>>;

const NOTHING: Agreed = { made: [], moved: [] };

async function checkCount(queries: Queries, by: Person, nowMs: number): Promise<void> {
  if ((await countWaiting(queries, by.id, nowMs)) < WAITING_MAX) return;
  throw new AccessRefused("too-many", "too many requests of one person wait");
}

/** Everyone who approved, as they are now. */
async function approversOf(queries: Queries, requestId: string): Promise<readonly Person[]> {
  const decisions: readonly RequestDecision[] = await listDecisions(queries, [requestId]);
  const approvers: Person[] = [];
  for (const { decision, personId } of decisions) {
    const person = decision === "approve" ? await findPerson(queries, personId) : undefined;
    if (person) approvers.push(person);
  }
  return approvers;
}

async function possibleApprovers(
  queries: Queries,
  but: readonly string[],
): Promise<readonly string[]> {
  const people = await listPeople(queries);
  return people.flatMap(({ id, state }) => (state === "active" && !but.includes(id) ? [id] : []));
}

function isSame(one: ActionContent, other: ActionContent): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such request, endpoint or profile");
}

function notAllowed(message: string): AccessRefused {
  return new AccessRefused("not-allowed", message);
}

function notWaiting(): AccessRefused {
  return new AccessRefused("not-waiting", "the request does not wait any more");
}
