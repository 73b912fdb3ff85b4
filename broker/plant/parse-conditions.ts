/** What sessions need besides their grant: somebody who watches, or the control room's consent. */
import type { ConditionRule, SessionNeeds } from "./model.ts";
import { type Sourced, zoneOf } from "./parse-zones.ts";
import type { References } from "./references.ts";
import { distinct, identifier, oneOf } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

const NEEDS = ["supervisor", "consent"] as const;
const WHEN_ALONE = ["wait", "end"] as const;

/** The keys `needs` and `when-alone`; undefined where the first is absent. */
export function sessionNeeds(from: Mapping): SessionNeeds | undefined {
  const needs = from.take("needs", distinct(oneOf(NEEDS), { min: 1, max: NEEDS.length }));
  const whenAlone = from.take("when-alone", oneOf(WHEN_ALONE));
  const watched = needs?.includes("supervisor") ?? false;
  if (whenAlone !== undefined && !watched) {
    from.place("when-alone").fail('"when-alone" is for sessions that need a supervisor');
  }
  if (needs === undefined) return undefined;
  return {
    ...(watched && { supervisor: whenAlone ?? "wait" }),
    ...(needs.includes("consent") && { consent: true as const }),
  };
}

export function condition(references: References): Reading<Sourced<ConditionRule>> {
  return (value) => {
    const from = Mapping.read(value, "a condition");
    if (!from) return undefined;
    const zone = from.take("zone", zoneOf(references));
    const profile = from.take("profile", (at) => {
      const read = identifier(at);
      if (read !== undefined) references.use("profile", read, at);
      return read;
    });
    const needs = sessionNeeds(from);
    if (!from.has("zone") && !from.has("profile")) {
      from.at.fail('a condition is for a "zone", a "profile" or both');
    }
    if (!from.has("needs"))
      from.at.fail('"needs" is missing; write [supervisor], [consent] or both');
    from.finish();
    const item = {
      ...(zone === undefined ? {} : { zone }),
      ...(profile === undefined ? {} : { profile }),
      needs: needs ?? {},
    };
    return { item, from };
  };
}
