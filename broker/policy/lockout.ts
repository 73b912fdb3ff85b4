/**
 * The proof that the people who administer the site can still change its policies. Without it,
 * one wrong line would lock everybody out of mending it.
 */
import { ageSeconds, contextWith, type SubjectInput } from "./access-input.ts";
import type { PolicySet } from "./policy-set.ts";

/** Stands in for the administrator who is not there yet, before the first start. */
const ANY_ADMINISTRATOR: SubjectInput = {
  id: "any-administrator",
  roles: ["administrator"],
  employer: "",
};

const HOURS = 24;
const WEEKDAYS = 7;

/**
 * Asks for every hour of the week, in a lockdown and not, for a fresh assertion and nothing else
 * known.
 * @param administrators the active ones; one of them must keep the right at each time
 * @returns when nobody has it, if so
 */
export function findLockout(
  policies: PolicySet,
  administrators: readonly SubjectInput[],
  site: string,
): string | undefined {
  const candidates = administrators.length > 0 ? administrators : [ANY_ADMINISTRATOR];
  const resource = { kind: "site", id: site } as const;
  for (const time of weekHours()) {
    for (const locked of [false, true]) {
      const context = contextWith({
        authentication: { ageSeconds: ageSeconds(1) },
        time,
        site: { locked, open: !locked },
      });
      const someone = candidates.some(
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
