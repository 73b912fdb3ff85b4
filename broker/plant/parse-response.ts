/** What is done about a finding, and who is asked: the session stands still until a person says. */

import { type Sourced, zoneOf } from "./parse-zones.ts";
import { PEOPLE_PER_RESPONSE_MAX, RESPONSE_MAX_MS, RESPONSE_MIN_MS } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { FINDING_KINDS, type ResponseRule } from "./response-model.ts";
import { distinct, durationMs, flag, identifier, integer, oneOf } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

const UNANSWERED = ["stay", "release", "end"] as const;

export function response(references: References): Reading<Sourced<ResponseRule>> {
  return (value) => {
    const from = Mapping.read(value, "a response");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("response", id, from.place("id"));
    const zone = from.take("zone", zoneOf(references));
    const item = {
      id,
      findings:
        from.need(
          "findings",
          distinct(oneOf(FINDING_KINDS), { min: 1, max: FINDING_KINDS.length }),
        ) ?? [],
      ...(zone === undefined ? {} : { zone }),
      answerWithinMs: from.need("answer-within", durationMs(RESPONSE_MIN_MS, RESPONSE_MAX_MS)) ?? 0,
      unanswered: from.need("unanswered", oneOf(UNANSWERED)) ?? "stay",
      peopleMax: from.take("people-max", integer(1, PEOPLE_PER_RESPONSE_MAX)) ?? PEOPLE_DEFAULT,
      trial: from.take("trial", flag) ?? false,
    };
    from.finish();
    return { item, from };
  };
}

/** More at once is a baseline that fits no more, or a bad day: somebody should look before more stand still. */
const PEOPLE_DEFAULT = 3;
