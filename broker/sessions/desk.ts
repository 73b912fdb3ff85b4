/**
 * Judges the items of one request: capabilities and profile in one look-up, and what to do where
 * the profile needs a value of the plant first. Whatever goes wrong here is a denial.
 */
import type { Answer, Capabilities, Guard, Operation, RefusalKind } from "../../protocols/guard.ts";
import { answersFor } from "../../protocols/tape/answers.ts";
import { AWAITS_VALUE, type Judged, TO_BE_SCANNED } from "../../protocols/tape/record.ts";
import type { Decision, Matcher, NeedsValues } from "../policy/decision.ts";

export interface Judgement {
  readonly items: readonly Judged[];
  /** One per item, where any item needs values. */
  readonly needs?: readonly (NeedsValues | undefined)[];
}

export const PERMIT: Answer = { kind: "permit" };
export const HOLD: Answer = { kind: "hold" };

const DENY: Readonly<Record<RefusalKind, Answer>> = {
  operation: { kind: "deny", refusal: "operation" },
  address: { kind: "deny", refusal: "address" },
  value: { kind: "deny", refusal: "value" },
  type: { kind: "deny", refusal: "type" },
  busy: { kind: "deny", refusal: "busy" },
  unit: { kind: "deny", refusal: "unit" },
  unavailable: { kind: "deny", refusal: "unavailable" },
};

/** Why items that were not refused themselves are refused with their request. */
const WITH_THE_REST = "another part of the same request was refused";

export function judgeItems(
  items: readonly Operation[],
  matcher: Matcher,
  capabilities: Capabilities,
  nowMs: number,
): Judgement {
  const [only] = items;
  if (only !== undefined && items.length === 1) {
    // Nearly every request is one item that needs nothing: no more is built for it than its answer.
    const result = judgeOne(only, matcher, capabilities, nowMs);
    if (result.kind === "permit") return permitted(only, result);
    if (result.kind !== "needs-values") return { items: [judgedOf(only, result)] };
    return { items: [waitingFor(only, result)], needs: [result] };
  }
  return judgeSeveral(items, matcher, capabilities, nowMs);
}

/**
 * What was permitted lately. A poll asks for the same again: the very same operation and decision
 * (each was judged anew) then get the very same value, and what follows can tell by identity.
 */
const PERMITTED_KEPT = 1024;
const lately: ((Judgement & { readonly decision: Decision }) | undefined)[] = new Array(
  PERMITTED_KEPT,
).fill(undefined);

function permitted(operation: Operation, decision: Decision): Judgement {
  const { key } = operation;
  if (key === undefined) return { items: [judgedOf(operation, decision)] };
  const place = (key ^ (key >>> 7) ^ (key >>> 18)) & (PERMITTED_KEPT - 1);
  const known = lately[place];
  if (known?.decision === decision && known.items[0]?.operation === operation) return known;
  const fresh = { items: [judgedOf(operation, decision)], decision };
  lately[place] = fresh;
  return fresh;
}

/** Why an item that cannot be answered at once is held here: its guard asks for it again. */
const ALONE = "it is decided by itself";

/** Items that do not depend on each other: what needs more than a look is asked for again, alone. */
export function judgeEach(
  items: readonly Operation[],
  matcher: Matcher,
  capabilities: Capabilities,
  nowMs: number,
): readonly Judged[] {
  return items.map((item) => {
    const result = judgeOne(item, matcher, capabilities, nowMs);
    if (result.kind === "permit" || result.kind === "deny") return judgedOf(item, result);
    return { operation: item, answer: HOLD, rule: result.rule, reason: ALONE };
  });
}

function judgeSeveral(
  items: readonly Operation[],
  matcher: Matcher,
  capabilities: Capabilities,
  nowMs: number,
): Judgement {
  const results = items.map((item) => judgeOne(item, matcher, capabilities, nowMs));
  const refused = results.some(({ kind }) => kind === "deny");
  const judged = items.map((item, at) => {
    const result = results[at];
    if (!result) throw new Error("one result per item");
    const waits = result.kind === "needs-values" || result.kind === "hold";
    if (refused && waits) return denied(item, result.rule, "unavailable", WITH_THE_REST);
    return result.kind === "needs-values" ? waitingFor(item, result) : judgedOf(item, result);
  });
  const needs = results.map((result) => (result.kind === "needs-values" ? result : undefined));
  const waits = !refused && needs.some((need) => need !== undefined);
  return waits ? { items: judged, needs } : { items: judged };
}

function waitingFor(operation: Operation, { rule }: NeedsValues): Judged {
  return { operation, answer: HOLD, rule, reason: AWAITS_VALUE };
}

const PERMITTED: readonly Answer[] = [PERMIT];

/** For the guard. Nearly every request is one item that is permitted: then nothing is built. */
export function answersOf(guard: Guard, items: readonly Judged[]): readonly Answer[] {
  const [only] = items;
  if (items.length === 1 && only?.answer === PERMIT && only.reason === "") return PERMITTED;
  return answersFor(guard, items);
}

/** A probe reads, and nothing else: by the plant file, not by the subject's profile. */
export function judgeProbe(operation: Operation): Judged {
  return operation.class === "observe"
    ? { operation, answer: PERMIT, rule: "probe", reason: "" }
    : denied(operation, "probe", "operation", "a probe only reads");
}

/** What a decision means for the guard and the tape. */
export function judgedOf(operation: Operation, decision: Decision): Judged {
  const { rule } = decision;
  switch (decision.kind) {
    case "permit":
      return { operation, answer: PERMIT, rule, reason: decision.scan ? TO_BE_SCANNED : "" };
    case "deny":
      return denied(operation, rule, decision.refusal, decision.reason);
    case "hold":
      return { operation, answer: HOLD, rule, reason: decision.reason };
  }
}

export function denied(
  operation: Operation,
  rule: string,
  refusal: RefusalKind,
  reason: string,
): Judged {
  return { operation, answer: DENY[refusal], rule, reason };
}

/** What cannot be judged is denied. */
export function judgeOne(
  item: Operation,
  matcher: Matcher,
  capabilities: Capabilities,
  nowMs: number,
): Decision | NeedsValues {
  try {
    return matcher.judge(item, capabilities, nowMs);
  } catch (error) {
    return policyFailed(error);
  }
}

/** Settles what needed values. Unknown is denied, and a policy that throws knows nothing. */
export function settleNeeds(
  operation: Operation,
  needs: NeedsValues,
  values: readonly (readonly number[])[],
): Judged {
  try {
    return judgedOf(operation, needs.settle(values));
  } catch (error) {
    return judgedOf(operation, policyFailed(error));
  }
}

function policyFailed(error: unknown): Decision {
  const reason = `the profile could not be applied: ${error instanceof Error ? error.message : error}`;
  return { kind: "deny", rule: "policy-failed", refusal: "unavailable", reason };
}
