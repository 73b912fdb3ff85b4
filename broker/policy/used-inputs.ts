/**
 * Which parts of an input a set of policies looks at. What none of them can see cannot change a
 * decision, so it is left out: a thousand people in the same role are then one decision, and an
 * age that no policy asks for does not make every minute a new one.
 *
 * Whatever is not plainly the reading of one attribute counts as the use of all of it.
 */
import type { EntityUidJson, PolicyJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import {
  type AccessInput,
  type ContextInput,
  type PolicyAction,
  type ResourceInput,
  type SubjectInput,
  UNKNOWN_CONTEXT,
} from "./access-input.ts";
import { groupsOf } from "./schema.ts";

export interface UsedInputs {
  /** Who the subject is, beyond roles and employer. */
  readonly identity: boolean;
  readonly employer: boolean;
  readonly resource: boolean;
  /** `grant.active`; the name alone where the whole part is used. */
  readonly context: ReadonlySet<string>;
}

interface Collected {
  identity: boolean;
  employer: boolean;
  resource: boolean;
  readonly context: Set<string>;
}

/** What the policies that concern this action look at; the others cannot decide it. */
export function usedInputs(policies: readonly PolicyJson[], action: PolicyAction): UsedInputs {
  const used = { identity: false, employer: false, resource: false, context: new Set<string>() };
  const names = [action, ...groupsOf(action)];
  for (const policy of policies) {
    if (!concerns(policy.action, names)) continue;
    const { principal, resource, conditions } = policy;
    if (!isRoleConstraint(principal)) used.identity = true;
    if (resource.op !== "All" && (resource.op !== "is" || "in" in resource)) used.resource = true;
    for (const { body } of conditions) collect(body, used);
  }
  return used;
}

function concerns(constraint: PolicyJson["action"], names: readonly string[]): boolean {
  if (constraint.op === "All") return true;
  const entities = "entities" in constraint ? constraint.entities : [entityOf(constraint)];
  return entities.some((entity) => entity === undefined || names.includes(idOf(entity).id));
}

/** Undefined for a slot, which only templates have. */
function entityOf(constraint: object): EntityUidJson | undefined {
  return "entity" in constraint ? (constraint.entity as EntityUidJson) : undefined;
}

function idOf(entity: EntityUidJson): TypeAndId {
  return "__entity" in entity ? entity.__entity : entity;
}

function isRoleConstraint(principal: PolicyJson["principal"]): boolean {
  if (principal.op === "All") return true;
  if (principal.op === "is") return !("in" in principal);
  if (principal.op !== "in" || !("entity" in principal)) return false;
  return idOf(principal.entity).type === "Role";
}

function collect(node: unknown, used: Collected): void {
  if (Array.isArray(node)) for (const item of node) collect(item, used);
  if (node === null || typeof node !== "object" || Array.isArray(node)) return;
  const [[operator, operand] = ["", undefined]] = Object.entries(node);
  if (operator === "Value") return;
  if (operator === "Var") readVariable(String(operand), [], used);
  else if (operator === ".") readAttribute(node, used);
  else if (operator === "in" && isRoleQuestion(operand)) return;
  else if (typeof operand === "object" && operand !== null) {
    for (const part of Object.values(operand)) collect(part, used);
  }
}

/** `context.grant.active`: the variable and what is read of it, if it is as plain as that. */
function readAttribute(node: object, used: Collected): void {
  const path: string[] = [];
  let inner: unknown = node;
  while (isAttribute(inner)) {
    path.unshift(inner["."].attr);
    inner = inner["."].left;
  }
  if (isVariable(inner)) readVariable(inner.Var, path, used);
  else collect(inner, used);
}

/** `principal in Role::"auditor"`: roles are always part of the input. */
function isRoleQuestion(operand: unknown): boolean {
  const { left, right } = operand as { readonly left: unknown; readonly right: unknown };
  if (!isVariable(left) || left.Var !== "principal") return false;
  const value = typeof right === "object" && right !== null && "Value" in right && right.Value;
  if (typeof value !== "object" || value === null || !("__entity" in value)) return false;
  return (value.__entity as TypeAndId).type === "Role";
}

function isAttribute(node: unknown): node is { ".": { left: unknown; attr: string } } {
  return typeof node === "object" && node !== null && "." in node;
}

function isVariable(node: unknown): node is { Var: string } {
  return typeof node === "object" && node !== null && "Var" in node;
}

function readVariable(name: string, path: readonly string[], used: Collected): void {
  const [first, second] = path;
  if (name === "resource") used.resource = true;
  else if (name === "principal") {
    used.employer ||= first === undefined || first === "employer";
    used.identity ||= first !== "employer" && first !== "roles";
  } else if (name === "context") {
    if (first === undefined)
      for (const part of Object.keys(UNKNOWN_CONTEXT)) used.context.add(part);
    else used.context.add(second === undefined ? first : `${first}.${second}`);
  }
}

/** The input with everything unused replaced by what stands for it. */
export function usedPart(input: AccessInput, used: UsedInputs): AccessInput {
  return {
    subject: usedSubject(input.subject, used),
    resource: used.resource ? input.resource : anyResource(input.resource),
    context: usedContext(input.context, used),
  };
}

function usedSubject({ id, roles, employer }: SubjectInput, used: UsedInputs): SubjectInput {
  return {
    id: used.identity ? id : "",
    roles: roles.toSorted(),
    employer: used.employer ? employer : "",
  };
}

const ANY_ASSET = { kind: "asset", id: "", zones: [], site: "" } as const;

function anyResource({ kind }: ResourceInput): ResourceInput {
  if (kind === "asset") return ANY_ASSET;
  if (kind === "zone") return { kind, zones: [], site: "" };
  if (kind === "site") return { kind, id: "" };
  return { kind, id: "", holder: "", requestedBy: "", profile: "", asset: ANY_ASSET };
}

function usedContext(context: ContextInput, used: UsedInputs): ContextInput {
  if (used.context.size === 0) return UNKNOWN_CONTEXT;
  const kept: Record<string, unknown> = { ...UNKNOWN_CONTEXT };
  for (const path of used.context) {
    const [part = "", leaf] = path.split(".");
    const given: object = context[part as keyof ContextInput];
    kept[part] = leaf
      ? { ...(kept[part] as object), [leaf]: given[leaf as keyof typeof given] }
      : given;
  }
  return kept as unknown as ContextInput;
}
