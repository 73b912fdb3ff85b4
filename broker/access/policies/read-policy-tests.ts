/**
 * The tests beside the policies, `*.tests.yaml`:
 *
 *     tests:
 *       - name: a vendor moves no files
 *         who: { roles: [vendor], employer: Pump Works }
 *         what: transfer
 *         on: { asset: plc-1, zones: [treatment] }
 *         context: { grant: { active: true } }
 *         expect: deny
 *         because: [default-deny]
 *
 * What is left out is unknown: no grant, an assertion older than any limit, nobody present.
 */
import { readYaml } from "../../plant/yaml-document.ts";
import { flag, integer, list, number, oneOf, text } from "../../plant/yaml-readings.ts";
import { Mapping, type Reading, Value } from "../../plant/yaml-value.ts";
import {
  AGE_UNKNOWN_SECONDS,
  type AssetInput,
  type ContextInput,
  POLICY_ACTIONS,
  type PolicyAction,
  type ResourceInput,
  type SubjectInput,
  UNKNOWN_CONTEXT,
  type ZoneInput,
} from "../../policy/access-input.ts";
import type { PolicyFile, PolicyProblem } from "../../policy/policy-set.ts";
import { type PolicyTest, TESTS_MAX } from "../../policy/policy-tests.ts";
import { isClass, POLICY_ROLES } from "../../policy/schema.ts";

export type ReadPolicyTests =
  | { readonly kind: "tests"; readonly tests: readonly PolicyTest[] }
  | { readonly kind: "invalid"; readonly problems: readonly PolicyProblem[] };

const WORD_MAX = 120;
const LIST_MAX = 64;
/** Where a test does not say where: an asset of no zone, and this site. */
const ANY_SITE = "site";
const ANY_ASSET: AssetInput = { kind: "asset", id: "asset", zones: [], site: ANY_SITE };

/** Never throws. */
export function readPolicyTests({ name: file, text: source }: PolicyFile): ReadPolicyTests {
  const { root, report } = readYaml(source);
  const tests: PolicyTest[] = [];
  if (!report.failed) {
    const top = Mapping.read(new Value(root, "", report), "a file of policy tests");
    tests.push(...(top?.need("tests", list(testOf(file), { max: TESTS_MAX })) ?? []));
    top?.finish();
  }
  if (!report.failed) return { kind: "tests", tests };
  return { kind: "invalid", problems: report.listErrors().map((each) => ({ file, ...each })) };
}

function testOf(file: string): Reading<PolicyTest> {
  return (value) => {
    const from = Mapping.read(value, "a test");
    if (!from) return undefined;
    const [line = 0, column = 0] = value.place.split(":").map(Number);
    const name = from.need("name", word) ?? "";
    const subject = from.need("who", who) ?? NOBODY;
    const actions = from.need("what", oneOrMore(oneOf(POLICY_ACTIONS))) ?? [];
    const resource = from.take("on", where) ?? defaultResource(actions);
    const context = from.take("context", contextOf) ?? UNKNOWN_CONTEXT;
    const expect = from.need("expect", oneOf(["permit", "deny"])) ?? "deny";
    const because = from.take("because", oneOrMore(word));
    from.finish();
    const input = { subject, resource, context };
    return { ...{ file, line, column, name, actions, input, expect }, ...(because && { because }) };
  };
}

const word = text(WORD_MAX);
const words = list(word, { max: LIST_MAX });
const NOBODY: SubjectInput = { id: "", roles: [], employer: "" };

function oneOrMore<T>(of: Reading<T>): Reading<readonly T[]> {
  return (value) => {
    if (value.items) return list(of, { min: 1, max: LIST_MAX })(value);
    const one = of(value);
    return one === undefined ? undefined : [one];
  };
}

const who: Reading<SubjectInput> = (value) => {
  const from = Mapping.read(value, "who");
  if (!from) return undefined;
  const subject = {
    id: from.take("id", word) ?? "someone",
    roles: from.need("roles", list(oneOf(POLICY_ROLES), { max: POLICY_ROLES.length })) ?? [],
    employer: from.take("employer", word) ?? "",
  };
  from.finish();
  return subject;
};

function defaultResource(actions: readonly PolicyAction[]): ResourceInput {
  return actions.some(isClass) ? ANY_ASSET : { kind: "site", id: ANY_SITE };
}

/** `{ site }`, `{ zones }`, `{ asset, zones }` or `{ grant, holder, requestedBy, profile, … }`. */
const where: Reading<ResourceInput> = (value) => {
  const from = Mapping.read(value, "where");
  if (!from) return undefined;
  const site = from.take("site", word) ?? ANY_SITE;
  const zones = from.take("zones", list(zoneOf, { min: 1, max: LIST_MAX })) ?? [];
  const assetId = from.take("asset", word);
  const grant = from.take("grant", word);
  const asset: AssetInput = { ...ANY_ASSET, id: assetId ?? ANY_ASSET.id, zones, site };
  const resource: ResourceInput =
    grant !== undefined
      ? {
          ...{ kind: "grant", id: grant, asset },
          holder: from.take("holder", word) ?? "",
          requestedBy: from.take("requestedBy", word) ?? "",
          profile: from.take("profile", word) ?? "",
        }
      : resourceOf(asset, assetId !== undefined);
  from.finish();
  return resource;
};

function resourceOf(asset: AssetInput, named: boolean): ResourceInput {
  const { zones, site } = asset;
  if (named) return asset;
  return zones.length > 0 ? { kind: "zone", zones, site } : { kind: "site", id: site };
}

/** A zone's id, or `{ id, level, securityLevelTarget }`. */
const zoneOf: Reading<ZoneInput> = (value) => {
  if (typeof value.scalar === "string") {
    const id = word(value);
    return id === undefined ? undefined : { id, level: 0, securityLevelTarget: 0 };
  }
  const from = Mapping.read(value, "a zone");
  if (!from) return undefined;
  const zone = {
    id: from.need("id", word) ?? "",
    level: from.take("level", number(0, 5)) ?? 0,
    securityLevelTarget: from.take("securityLevelTarget", integer(0, 4)) ?? 0,
  };
  from.finish();
  return zone;
};

/** The parts and names of `UNKNOWN_CONTEXT`, whose values say of which type each is. */
const contextOf: Reading<ContextInput> = (value) => {
  const from = Mapping.read(value, "the context");
  if (!from) return undefined;
  const parts = Object.entries(UNKNOWN_CONTEXT).map(([name, unknown]) => [
    name,
    from.take(name, partOf(name, unknown)) ?? unknown,
  ]);
  from.finish();
  return Object.fromEntries(parts) as ContextInput;
};

function partOf(name: string, unknown: object): Reading<object> {
  return (value) => {
    const from = Mapping.read(value, name);
    if (!from) return undefined;
    const leaves = Object.entries(unknown).map(([leaf, fallback]) => [
      leaf,
      from.take(leaf, leafOf(leaf, fallback)) ?? fallback,
    ]);
    from.finish();
    return Object.fromEntries(leaves);
  };
}

const ADDRESS = /^[0-9a-f:.]{2,45}(?:\/\d{1,3})?$/i;

function leafOf(leaf: string, unknown: unknown): Reading<unknown> {
  if (leaf === "key") return oneOf(["device-bound", "synced", "unknown"]);
  if (leaf === "address") return address;
  if (typeof unknown === "boolean") return flag;
  if (typeof unknown === "number") return integer(0, AGE_UNKNOWN_SECONDS);
  return Array.isArray(unknown) ? words : word;
}

const address: Reading<string> = (value) => {
  const read = word(value);
  if (read === undefined || ADDRESS.test(read)) return read;
  return value.fail(`"${read}" is not an IP address`);
};
