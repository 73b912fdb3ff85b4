/** Everything that a set of policy files must pass before it counts. */

import type { SubjectInput } from "../../policy/access-input.ts";
import { findLockout } from "../../policy/lockout.ts";
import { type PolicyProblem, type PolicySet, parsePolicySet } from "../../policy/policy-set.ts";
import { type PolicyTest, runPolicyTests, TESTS_MAX } from "../../policy/policy-tests.ts";
import {
  digestOf,
  FILES_MAX,
  isPolicyFile,
  isSource,
  type PolicySources,
} from "./policy-folder.ts";
import { readPolicyTests } from "./read-policy-tests.ts";

export interface CheckTerms {
  /** The active ones; at least one of them must be able to change policies afterwards. */
  readonly administrators: readonly SubjectInput[];
  readonly site: string;
}

export interface CheckedPolicies {
  /** Nothing stands in the way: no problem and no failure. */
  readonly valid: boolean;
  /** What is wrong with the policies or with the text of their tests. */
  readonly problems: readonly PolicyProblem[];
  /** Tests that the policies do not pass. */
  readonly failures: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
  readonly policies: number;
  readonly tests: number;
}

const SET = { file: "policies", line: 0, column: 0 };
/** A set that nobody ever asked anything is not a checked one. */
const NO_TESTS: PolicyProblem = {
  ...SET,
  message: "there is no test: add one to a file called something.tests.yaml",
};

export function checkPolicies(sources: PolicySources, terms: CheckTerms): CheckedPolicies {
  const misnamed = checkNames(sources);
  if (misnamed.length > 0) return refusedPolicies(misnamed);
  const parsed = parseSources(sources);
  const read = sources.filter(({ name }) => !isPolicyFile(name)).map(readPolicyTests);
  const unreadable = read.flatMap((each) => (each.kind === "invalid" ? each.problems : []));
  const tests: PolicyTest[] = read.flatMap((each) => (each.kind === "tests" ? each.tests : []));
  if (parsed.kind === "invalid") {
    const problems = [...parsed.problems, ...unreadable];
    return { ...refusedPolicies(problems), tests: tests.length };
  }
  const { set, warnings } = parsed;
  const failures = runPolicyTests(set, tests.slice(0, TESTS_MAX));
  const problems = [...unreadable, ...aboutTests(tests, unreadable), ...lockedOut(set, terms)];
  return {
    valid: problems.length === 0 && failures.length === 0,
    ...{ problems, failures, warnings, policies: set.rules.length, tests: tests.length },
  };
}

function checkNames(sources: PolicySources): readonly PolicyProblem[] {
  const names = sources.map(({ name }) => name);
  if (names.length > FILES_MAX) return [{ ...SET, message: `more than ${FILES_MAX} files` }];
  return names.flatMap((name, at) => {
    const place = { ...SET, file: name.slice(0, NAME_SHOWN_MAX) };
    if (!isSource(name)) return [{ ...place, message: "a file is called *.cedar or *.tests.yaml" }];
    return names.indexOf(name) < at ? [{ ...place, message: "there are two of this name" }] : [];
  });
}

const NAME_SHOWN_MAX = 100;

function aboutTests(
  tests: readonly PolicyTest[],
  unreadable: readonly PolicyProblem[],
): readonly PolicyProblem[] {
  if (tests.length > TESTS_MAX) return [{ ...SET, message: `more than ${TESTS_MAX} tests` }];
  return tests.length === 0 && unreadable.length === 0 ? [NO_TESTS] : [];
}

function lockedOut(set: PolicySet, { administrators, site }: CheckTerms): readonly PolicyProblem[] {
  const message = findLockout(set, administrators, site);
  return message === undefined ? [] : [{ ...SET, message }];
}

export function refusedPolicies(problems: readonly PolicyProblem[]): CheckedPolicies {
  return { valid: false, problems, failures: [], warnings: [], policies: 0, tests: 0 };
}

export function parseSources(sources: PolicySources) {
  return parsePolicySet(
    sources.filter(({ name }) => isPolicyFile(name)),
    digestOf(sources),
  );
}

/** The set of files that have passed a check before. @throws if they are no set after all */
export function setOf(sources: PolicySources): PolicySet {
  const parsed = parseSources(sources);
  if (parsed.kind === "set") return parsed.set;
  throw new Error(`checked policies are not valid: ${parsed.problems[0]?.message}`);
}
