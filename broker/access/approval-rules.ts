/** Who must agree to a request, by the plant in force, and whether enough have. Pure. */
import type { ApprovalRule } from "../plant/approval-model.ts";
import type { Plant } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import type { AccessRequest, Person, Role } from "../store/model.ts";
import { findEndpoint } from "./reach.ts";

/** For zones without a rule of their own or around them. */
const DEFAULT_BY = ["role:supervisor", "role:administrator"];
/** Roles that can approve at all, even where a rule names the person. */
const APPROVING: readonly Role[] = ["supervisor", "administrator", "engineer"];

/** One for each zone that the endpoints lie in; endpoints that are gone have none. */
export function rulesFor(plant: Plant, endpoints: readonly string[]): readonly ApprovalRule[] {
  const zones = new Set(
    endpoints.flatMap((id) => {
      const found = findEndpoint(plant, id);
      return found ? [found.asset.zone] : [];
    }),
  );
  const rules = [...zones].map((zone) => ruleOf(plant, zone));
  return [...new Map(rules.map((rule) => [rule.zone, rule])).values()];
}

function ruleOf(plant: Plant, zone: string): ApprovalRule {
  for (const { id } of indexOf(plant).zonesAround(zone)) {
    const rule = plant.approvals.find((each) => each.zone === id);
    if (rule) return rule;
  }
  return { zone, by: DEFAULT_BY, needed: 1 };
}

/** Whether the rule counts this person's word at all, whoever asks. */
export function isApprover(rule: ApprovalRule, person: Person): boolean {
  if (person.state !== "active") return false;
  if (!person.roles.some((role) => APPROVING.includes(role))) return false;
  return rule.by.some((named) =>
    named.startsWith("role:")
      ? person.roles.some((role) => named === `role:${role}`)
      : named === person.email,
  );
}

/** How far one rule is satisfied. */
export interface RuleStanding {
  readonly rule: ApprovalRule;
  readonly given: number;
}

/** @param approvers who have approved, as they are now: one who lost the role counts no more */
export function standing(
  rules: readonly ApprovalRule[],
  approvers: readonly Person[],
): readonly RuleStanding[] {
  return rules.map((rule) => {
    const ids = approvers.filter((each) => isApprover(rule, each)).map(({ id }) => id);
    return { rule, given: new Set(ids).size };
  });
}

/** Never for no rules at all: endpoints that nobody rules are gone from the plant. */
export function isAgreed(standings: readonly RuleStanding[]): boolean {
  return standings.length > 0 && standings.every(({ rule, given }) => given >= rule.needed);
}

/** Neither who gets it nor who asked for it decides. */
export function isOwn(request: AccessRequest, person: Person): boolean {
  return request.personId === person.id || request.requestedBy === person.id;
}
