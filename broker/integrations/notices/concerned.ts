/** Whom a notice concerns: those who may act on what it says, or the person it is about. */
import { type DecisionPoint, onceAsserted } from "../../access/decision-point.ts";
import type { Requests } from "../../access/requests.ts";
import type { Right } from "../../policy/rights.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { Person } from "../../store/model.ts";
import type { Topic } from "../model.ts";
import { topicOf } from "./notice.ts";

export interface ConcernedParts {
  people(): Promise<readonly Person[]>;
  readonly decisions: Pick<DecisionPoint, "may" | "mayAt">;
  readonly requests: Pick<Requests, "seenBy">;
}

/** One event concerns a shift, not a company. */
const CONCERNED_MAX = 50;

const RIGHTS: Readonly<Partial<Record<Topic, Right>>> = {
  hold: "hold:answer",
  "break-glass": "break-glass:review",
  lock: "lock:lift",
  recorder: "health:view",
  alarm: "events:view",
};

/** Mail addresses, as people are now: who lost the right meanwhile is not told. */
export async function concernedBy(
  parts: ConcernedParts,
  item: FeedItem,
): Promise<readonly string[]> {
  const topic = topicOf(item.kind) ?? "alarm";
  const people = await parts.people();
  const own = people.filter(({ id, state }) => id === item.person?.id && state !== "disabled");
  if (topic === "decision" || topic === "grant-ending" || topic === "invitation") {
    return own.map(({ email }) => email);
  }
  const active = people.filter(({ state }) => state === "active");
  const entitled = await (topic === "request"
    ? approvers(parts, item.about.request, active)
    : holdersOf(parts, RIGHTS[topic] ?? "events:view", active, assetOf(item)));
  const others = topic === "hold" ? entitled.filter(({ id }) => id !== item.person?.id) : entitled;
  return others.slice(0, CONCERNED_MAX).map(({ email }) => email);
}

function holdersOf(
  { decisions }: ConcernedParts,
  right: Right,
  people: readonly Person[],
  asset?: string,
): readonly Person[] {
  return people.filter((person) => {
    const who = onceAsserted(person);
    return asset === undefined ? decisions.may(who, right) : decisions.mayAt(who, right, asset);
  });
}

/** Who watches over another site is not woken. */
function assetOf({ about }: FeedItem): string | undefined {
  return about.asset ?? about.endpoint?.split("/")[0];
}

/** By the rules of the plant; nobody once it has been decided. */
async function approvers(
  parts: ConcernedParts,
  request: string | undefined,
  people: readonly Person[],
): Promise<readonly Person[]> {
  const found: Person[] = [];
  for (const person of holdersOf(parts, "request:approve", people)) {
    const seen = await parts.requests.seenBy(person);
    if (seen.some((each) => each.request.id === request && each.mayDecide)) found.push(person);
  }
  return found;
}
