/** What a set of policies must answer: the tests that stand beside the policies. */
import type { AccessInput, PolicyAction } from "./access-input.ts";
import type { PolicyProblem, PolicySet, Ruling } from "./policy-set.ts";
import type { Place } from "./policy-text.ts";

export interface PolicyTest extends Place {
  readonly file: string;
  readonly name: string;
  readonly actions: readonly PolicyAction[];
  readonly input: AccessInput;
  readonly expect: "permit" | "deny";
  /** The rules that must have decided, all of them and no others; absent: any. */
  readonly because?: readonly string[];
}

/** All tests of a set together; each costs a decision. */
export const TESTS_MAX = 1_000;

/** @returns what is wrong, by test; nothing if the set answers as expected */
export function runPolicyTests(
  policies: PolicySet,
  tests: readonly PolicyTest[],
): readonly PolicyProblem[] {
  return tests.flatMap((test) => {
    const { file, line, column, name } = test;
    return test.actions.flatMap((action) => {
      const wrong = difference(policies.decide(action, test.input), test);
      return wrong ? [{ file, line, column, message: `"${name}", ${action}: ${wrong}` }] : [];
    });
  });
}

function difference(ruling: Ruling, { expect, because }: PolicyTest): string | undefined {
  if (ruling.alarms.length > 0) return ruling.alarms.join("; ");
  const got = ruling.permitted ? "permit" : "deny";
  const by = rulesOf(ruling);
  if (got !== expect) return `${expect} is expected, it is ${got} because of ${by.join(", ")}`;
  if (!because || because.toSorted().join() === by.toSorted().join()) return undefined;
  return `${expect}, but because of ${by.join(", ")}, not ${because.join(", ")}`;
}

function rulesOf({ determining, rule }: Ruling): readonly string[] {
  return determining.length > 0 ? determining : [rule];
}
