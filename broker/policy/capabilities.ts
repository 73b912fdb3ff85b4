/** Who holds which classes of operation on an asset, and who has which right, by the policies. */
import { OPERATION_CLASSES, type OperationClass } from "../../protocols/guard.ts";
import type { AccessInput, ContextInput, ResourceInput, SubjectInput } from "./access-input.ts";
import type { PolicySet, Ruling } from "./policy-set.ts";
import type { Right } from "./rights.ts";
import { lessDemands } from "./unmet-demand.ts";

/** Hours and ages pass without an event: nothing decided counts longer than this. */
export const CAPABILITIES_VALID_MS = 30_000;

export interface CapabilityDecision {
  /** Weakest first. */
  readonly classes: readonly OperationClass[];
  /** For every class that was asked for, what decided it. */
  readonly because: ReadonlyMap<OperationClass, Ruling>;
  /** Counts for this long and must then be decided again. */
  readonly validForMs: number;
  /** Of the policy set that decided. */
  readonly policyDigest: string;
  readonly alarms: readonly string[];
}

/** @param asked the classes that matter (those a profile can permit at all) */
export function decideCapabilities(
  policies: PolicySet,
  input: AccessInput,
  asked: readonly OperationClass[] = OPERATION_CLASSES,
): CapabilityDecision {
  const because = new Map(asked.map((name) => [name, decideClass(policies, name, input)]));
  const alarms = [...because.values()].flatMap((ruling) => ruling.alarms);
  return {
    classes: OPERATION_CLASSES.filter((name) => because.get(name)?.permitted),
    because,
    validForMs: CAPABILITIES_VALID_MS,
    policyDigest: policies.digest,
    alarms: [...new Set(alarms)],
  };
}

/** By the policies, and by what is asked for besides. */
export function decideClass(policies: PolicySet, name: OperationClass, input: AccessInput): Ruling {
  return lessDemands(name, policies.decide(name, input), input.unmet);
}

export function mayDo(
  policies: PolicySet,
  subject: SubjectInput,
  right: Right,
  resource: ResourceInput,
  context: ContextInput,
): Ruling {
  return policies.decide(right, { subject, resource, context });
}
