/**
 * What a set of policies must show before it counts: its own tests, and that the people who
 * administer the site can still change it afterwards. Without the second, one wrong line would
 * lock everybody out of mending it.
 */
import { ageSeconds, contextWith, type SubjectInput } from "./access-input.ts";
import type { PolicyProblem, PolicySet } from "./policy-set.ts";
import { type PolicyTest, runPolicyTests } from "./policy-tests.ts";

/** Stands in for the administrator who is not there yet, before the first start. */
export const ANY_ADMINISTRATOR: SubjectInput = {
  id: "any-administrator",
  roles: ["administrator"],
  employer: "",
};

export interface ActivationTerms {
  readonly tests: readonly PolicyTest[];
  /** The active ones; at least one must keep the right. */
  readonly administrators: readonly SubjectInput[];
  readonly site: string;
}

/** @returns what stands in the way; nothing if the set may count */
export function checkActivation(
  policies: PolicySet,
  { tests, administrators, site }: ActivationTerms,
): readonly PolicyProblem[] {
  const failed = runPolicyTests(policies, tests);
  const candidates = administrators.length > 0 ? administrators : [ANY_ADMINISTRATOR];
  const lockedOut = lockout(policies, candidates, site);
  return lockedOut ? [...failed, { ...SET, message: lockedOut }] : failed;
}

const SET = { file: "policies", line: 0, column: 0 };
const HOURS = 24;
const WEEKDAYS = 7;

/** With a fresh assertion and nothing else known, at every hour, in a lockdown or not. */
function lockout(
  policies: PolicySet,
  administrators: readonly SubjectInput[],
  site: string,
): string | undefined {
  for (const time of weekHours()) {
    for (const locked of [false, true]) {
      const context = contextWith({
        authentication: { ageSeconds: ageSeconds(1) },
        time,
        site: { locked, open: !locked },
      });
      const resource = { kind: "site", id: site } as const;
      const someone = administrators.some(
        (subject) => policies.decide("policy:change", { subject, resource, context }).permitted,
      );
      if (someone) continue;
      return (
        "no active administrator could change policies any more " +
        `(weekday ${time.weekday}, ${time.hour} h${locked ? ", site locked" : ""})`
      );
    }
  }
  return undefined;
}

function weekHours() {
  return Array.from({ length: WEEKDAYS * HOURS }, (_, at) => ({
    weekday: 1 + Math.floor(at / HOURS),
    hour: at % HOURS,
    minute: 0,
  }));
}
