/** Standing grants of the plant file. */
import type { PlantGrant } from "./model.ts";
import { sessionNeeds } from "./parse-conditions.ts";
import type { Sourced } from "./parse-zones.ts";
import { ID_LENGTH_MAX, NAME_LENGTH_MAX } from "./plant-limits.ts";
import type { References } from "./references.ts";
import { identifier, instantMs, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** Roles that can open sessions, and so can be granted something. */
const GRANTABLE_ROLES: readonly string[] = ["engineer", "vendor"];
const OTHER_ROLES: readonly string[] = ["administrator", "supervisor", "auditor"];

export function grant(references: References): Reading<Sourced<PlantGrant>> {
  return (value) => {
    const from = Mapping.read(value, "a grant");
    if (!from) return undefined;
    const id = from.need("id", identifier) ?? "";
    if (id !== "") references.define("grant", id, from.place("id"));
    const head = {
      id,
      subject: from.need("subject", subject) ?? "",
      endpoint: from.need("endpoint", endpointOf(references)) ?? "",
      profile: from.need("profile", profileOf(references)) ?? "",
    };
    const fromMs = from.take("from", instantMs);
    const untilMs = from.take("until", instantMs);
    const needs = sessionNeeds(from);
    if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
      from.place("until").fail('"until" is not after "from": the grant would never hold');
    }
    from.finish();
    const window = {
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(needs === undefined ? {} : { needs }),
    };
    return { item: { ...head, ...window }, from };
  };
}

const subject: Reading<string> = (value) => {
  const read = text(NAME_LENGTH_MAX)(value);
  if (read === undefined) return undefined;
  const role = /^role:(.*)$/.exec(read)?.[1];
  if (role === undefined) {
    if (/^[^\s@]+@[^\s@]+$/.test(read)) return read.toLowerCase();
    if (/^workload:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(read)) return read;
    return value.fail(
      `"${read}" is not a subject; write an e-mail address, "role:engineer" or "workload:historian"`,
    );
  }
  if (GRANTABLE_ROLES.includes(role)) return read;
  const write = GRANTABLE_ROLES.map((each) => `role:${each}`).join(" or ");
  if (OTHER_ROLES.includes(role)) {
    return value.fail(`the role ${role} opens no sessions; write ${write}`);
  }
  return value.fail(`there is no role "${role}"; write ${write}`);
};

function endpointOf(references: References): Reading<string> {
  return (value) => {
    const read = text(2 * ID_LENGTH_MAX + 1)(value);
    if (read === undefined) return undefined;
    if (!/^[^/]+\/[^/]+$/.test(read)) {
      return value.fail(`"${read}" is not an endpoint; write ASSET/ENDPOINT, like plc-1/modbus`);
    }
    references.use("endpoint", read, value);
    return read;
  };
}

function profileOf(references: References): Reading<string> {
  return (value) => {
    const read = identifier(value);
    if (read !== undefined) references.use("profile", read, value);
    return read;
  };
}
