/** `sallyport policy check DIR` and `policy test DIR`: what stands in the way of a set of policies. */
import { join } from "node:path";
import {
  type CheckedPolicies,
  type CheckTerms,
  checkPolicies,
} from "../access/policies/check-policies.ts";
import { PolicyFolderUnreadable, readPolicyFolder } from "../access/policies/policy-folder.ts";
import { describePolicyProblem, type PolicyProblem } from "../policy/policy-set.ts";
import type { TextOutput } from "./plant-check.ts";

/** The set may come into force. */
export const POLICIES_VALID = 0;
/** It may not, or a test fails. */
export const POLICIES_INVALID = 1;
/** The folder cannot be read. */
export const POLICIES_UNREADABLE = 2;

/** Here nobody knows who administers the site: one administrator with that role stands for all. */
const TERMS: CheckTerms = { administrators: [], site: "site" };

/** Prints one line a problem, `file:line:column message`, and a summary. @returns the exit code */
export function runPolicyCheck(folder: string, out: TextOutput): number {
  return withPolicies(folder, out, (checked, print) => {
    const { problems, warnings, policies, tests } = checked;
    for (const problem of problems) print(problem);
    if (problems.length > 0) return `is not valid: ${counted(problems.length, "problem")}`;
    for (const { message, ...place } of warnings) {
      print({ ...place, message: `${message} [warning]` });
    }
    const counts = [
      counted(policies, "policy"),
      counted(tests, "test"),
      counted(warnings.length, "warning"),
    ];
    return { summary: `is valid: ${counts.join(", ")}` };
  });
}

/** As `runPolicyCheck`, with the tests beside the policies. */
export function runPolicyTest(folder: string, out: TextOutput): number {
  return withPolicies(folder, out, ({ problems, failures, tests }, print) => {
    const wrong = [...problems, ...failures];
    for (const problem of wrong) print(problem);
    if (problems.length > 0) return `is not valid: ${counted(problems.length, "problem")}`;
    if (failures.length > 0) return `fails: ${counted(failures.length, "failure")}`;
    return { summary: `passes ${counted(tests, "test")}` };
  });
}

type Report = (
  checked: CheckedPolicies,
  print: (problem: PolicyProblem) => void,
) => string | { readonly summary: string };

function withPolicies(folder: string, out: TextOutput, report: Report): number {
  const print = (line: string) => out.write(`${line}\n`);
  try {
    const checked = checkPolicies(readPolicyFolder(folder), TERMS);
    const said = report(checked, (problem) => {
      const file = problem.line > 0 ? join(folder, problem.file) : folder;
      print(describePolicyProblem({ ...problem, file }));
    });
    print(`${folder} ${typeof said === "string" ? said : said.summary}`);
    return typeof said === "string" ? POLICIES_INVALID : POLICIES_VALID;
  } catch (error) {
    if (!(error instanceof PolicyFolderUnreadable)) throw error;
    print(error.message);
    return POLICIES_UNREADABLE;
  }
}

function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return noun.endsWith("y") ? `${count} ${noun.slice(0, -1)}ies` : `${count} ${noun}s`;
}
