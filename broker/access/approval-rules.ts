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

export interface RuleHere extends ApprovalRule {
  /** Where the site names them: nobody else is a supervisor there. */
  readonly supervisors?: readonly string[];
}

/** One for each zone that the endpoints lie in; endpoints that are gone have none. */
export function rulesFor(plant: Plant, endpoints: readonly string[]): readonly RuleHere[] {
  const zones = new Set(
    endpoints.flatMap((id) => {
      const found = findEndpoint(plant, id);
      return found ? [found.asset.zone] : [];
    }),
  );
  const rules = [...zones].map((zone) => ruleOf(plant, zone));
  return [...new Map(rules.map((rule) => [rule.zone, rule])).values()];
}

/** The rule of the zone, or of the nearest one around it that has one. */
export function ruleOf(plant: Plant, zone: string): RuleHere {
  const { zonesAround, siteOfZone } = indexOf(plant);
  const { supervisors } = siteOfZone(zone);
  const here = supervisors === undefined ? {} : { supervisors };
  for (const { id } of zonesAround(zone)) {
    const rule = plant.approvals.find((each) => each.zone === id);
    if (rule) return { ...rule, ...here };
  }
  return { zone, by: DEFAULT_BY, needed: 1, ...here };
}

/** Whether the rule counts this person's word at all, whoever asks. */
export function isApprover(rule: RuleHere, person: Person): boolean {
  if (person.state !== "active") return false;
  const elsewhere = rule.supervisors !== undefined && !rule.supervisors.includes(person.email);
  if (!person.roles.some((role) => APPROVING.includes(role))) return false;
  return rule.by.some((named) =>
    named.startsWith("role:")
      ? person.roles.some(
          (role) => named === `role:${role}` && !(elsewhere && role === "supervisor"),
        )
      : named === person.email,
  );
}

/** How far one rule is satisfied. */
export interface RuleStanding {
  readonly rule: RuleHere;
  readonly given: number;
}

/** @param approvers who have approved, as they are now: one who lost the role counts no more */
export function standing(
  rules: readonly RuleHere[],
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
