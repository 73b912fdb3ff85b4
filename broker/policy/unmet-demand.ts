/**
 * What a person has yet to do before more than looking passes: something outside the policies
 * (a signal of another system, a finding) asked for it. It only ever takes away from what the
 * policies give. Pure, so that what was decided can be decided again from its recording.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { Ruling } from "./policy-set.ts";

/** The passkey again; somebody who supervises and watches; or nothing helps until it is lifted. */
export type Asked = "proof" | "supervisor" | "view-only";

export interface UnmetDemand {
  readonly asks: Asked;
  readonly rule: string;
  readonly reason: string;
}

/** The ruling about a class, less what is asked for and not there yet. */
export function lessDemands(
  operationClass: OperationClass,
  ruling: Ruling,
  unmet: readonly UnmetDemand[] = [],
): Ruling {
  const [first] = unmet;
  if (!first || operationClass === "observe" || !ruling.permitted) return ruling;
  const { rule, reason } = first;
  return { ...ruling, permitted: false, rule, reason, determining: [] };
}
