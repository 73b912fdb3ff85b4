/** Requests as one person may see them. */
import { alikePeople } from "../../protocols/text/alike-people.ts";
import type { Clock } from "../clock.ts";
import type { Right } from "../policy/rights.ts";
import type { AccessRequest, Person, RequestDecision, RequestState } from "../store/model.ts";
import { listPeople } from "../store/people.ts";
import { listDecisions, listRequests } from "../store/requests.ts";
import type { Store } from "../store/store.ts";
import type { PlantInForce } from "./access.ts";
import { isApprover, isOwn, rulesFor, standing } from "./approval-rules.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { GrantBook } from "./grant-book.ts";
import type { RequestSeen } from "./requests.ts";

/** Older ones are in the events. */
const LIST_MAX = 500;

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly decisions: Pick<DecisionPoint, "may">;
  readonly book: Pick<GrantBook, "hasOpen">;
}

export async function seeRequests(parts: Parts, viewer: Person): Promise<readonly RequestSeen[]> {
  const { queries } = parts.store;
  const requests = await listRequests(queries, LIST_MAX);
  const people = new Map((await listPeople(queries)).map((person) => [person.id, person]));
  const ids = requests.map(({ id }) => id);
  const decisions = Map.groupBy(await listDecisions(queries, ids), ({ requestId }) => requestId);
  return requests.flatMap((request) => {
    const seen = see(parts, request, people, decisions.get(request.id) ?? []);
    return seen ? visible(parts, seen, people, people.get(viewer.id)) : [];
  });
}

type Whole = Omit<RequestSeen, "alike" | "mayDecide" | "mayWithdraw">;
type People = ReadonlyMap<string, Person>;

function see(
  parts: Parts,
  request: AccessRequest,
  people: People,
  decisions: readonly RequestDecision[],
): Whole | undefined {
  const person = people.get(request.personId);
  const requestedBy = people.get(request.requestedBy);
  if (!person || !requestedBy) return undefined;
  const approvers = decisions.flatMap(({ decision, personId }) => {
    const approver = decision === "approve" ? people.get(personId) : undefined;
    return approver ? [approver] : [];
  });
  return {
    ...{ request, person, requestedBy, state: stateOf(request, parts.clock.wallMs()) },
    decisions: decisions.map((each) => ({ ...each, name: people.get(each.personId)?.name ?? "" })),
    standings: standing(rulesFor(parts.plant.current(), request.endpoints), approvers),
  };
}

/** To who asked or gets it, who may decide or did, and who administers grants. */
function visible(
  parts: Parts,
  seen: Whole,
  people: People,
  viewer: Person | undefined,
): RequestSeen[] {
  if (!viewer) return [];
  const { request, state, decisions, standings } = seen;
  const own = isOwn(request, viewer);
  const decided = decisions.some(({ personId }) => personId === viewer.id);
  const may = (right: Right) => parts.decisions.may(onceAsserted(viewer), right);
  const approver = may("request:approve") && standings.some(({ rule }) => isApprover(rule, viewer));
  const manages = may("grant:manage");
  if (!own && !decided && !approver && !manages) return [];
  const waits = state === "waiting";
  const mayDecide = waits && approver && !own && !decided;
  return [
    {
      ...seen,
      alike: mayDecide ? alikeOthers(seen.person, people) : [],
      mayDecide,
      mayWithdraw: own && (waits || (state === "approved" && parts.book.hasOpen(request.id))),
    },
  ];
}

/** Of a vendor alone: only an administrator invites others, and is told at that moment. */
function alikeOthers(person: Person, people: People): readonly Person[] {
  if (!person.roles.includes("vendor")) return [];
  return alikePeople([...people.values()], person).filter(({ id }) => id !== person.id);
}

function stateOf(request: AccessRequest, nowMs: number): RequestState {
  return request.state === "waiting" && request.expiresMs <= nowMs ? "expired" : request.state;
}
