/**
 * What the policies that Sallyport comes with say about rights of which a site's own set never
 * speaks: a site keeps its copy for years, and a right that is new since then nobody there holds.
 * Pure.
 */
import type { PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";
import { parseOne } from "./cedar-engine.ts";
import type { PolicyFile } from "./policy-set.ts";
import { scanPolicies } from "./policy-text.ts";
import { RIGHTS, type Right } from "./rights.ts";
import { groupsOf } from "./schema.ts";

export interface MissingDefaults {
  /** In the order of `RIGHTS`. */
  readonly rights: readonly Right[];
  /** The default policies about them, cut down to them; undefined where there is none. */
  readonly file: PolicyFile | undefined;
}

/** Both sets must be valid ones. */
export function missingDefaults(
  site: readonly PolicyFile[],
  defaults: readonly PolicyFile[],
): MissingDefaults {
  const own = policiesIn(site);
  const spoken = new Set(own.flatMap(({ json }) => rightsNamed(json)));
  const offered = policiesIn(defaults);
  const named = new Set(offered.flatMap(({ json }) => rightsNamed(json)));
  const rights = RIGHTS.filter((right) => named.has(right) && !spoken.has(right));
  if (rights.length === 0) return { rights, file: undefined };
  const ids = new Set(own.map(({ json }) => idOf(json)));
  const texts = offered.flatMap((policy) => {
    const concerned = rightsNamed(policy.json).filter((right) => rights.includes(right));
    return concerned.length > 0 ? [cutDown(policy, concerned, ids)] : [];
  });
  return { rights, file: { name: freeName(site), text: `${HEAD}\n${texts.join("\n\n")}\n` } };
}

const HEAD = `// Rights that are new since the policies of this site were written, as the policies that
// Sallyport comes with have them. Added by \`sallyport policy upgrade\`.
`;

interface Policy {
  readonly json: PolicyJson;
  readonly text: string;
}

function policiesIn(files: readonly PolicyFile[]): readonly Policy[] {
  const texts = files
    .filter(({ name }) => name.endsWith(".cedar"))
    .flatMap((file) => scanPolicies(file.text).parts.map(({ text }) => text));
  return texts.flatMap((text) => {
    const parsed = parseOne(text);
    return parsed.kind === "policy" ? [{ json: parsed.json, text }] : [];
  });
}

/**
 * The rights a policy speaks of. One that forbids a whole group says nothing of a single right;
 * one that forbids a right by name is how a site says that nobody shall have it.
 */
function rightsNamed({ action, effect }: PolicyJson): readonly Right[] {
  const names = actionsIn(action);
  if (names === "all") return effect === "permit" ? RIGHTS : [];
  return RIGHTS.filter(
    (right) =>
      names.includes(right) ||
      (effect === "permit" && groupsOf(right).some((group) => names.includes(group))),
  );
}

function actionsIn(constraint: PolicyJson["action"]): readonly string[] | "all" {
  if (constraint.op === "All") return "all";
  const entities: readonly unknown[] =
    "entities" in constraint
      ? constraint.entities
      : "entity" in constraint
        ? [constraint.entity]
        : [];
  return entities.map(nameOf);
}

function nameOf(entity: unknown): string {
  if (typeof entity !== "object" || entity === null) return "";
  if ("__entity" in entity) return nameOf(entity.__entity);
  return "id" in entity ? String(entity.id) : "";
}

/** The clause of a policy's head that says which actions it is about. */
const ACTION_CLAUSE = /\baction\s+(?:in\s+(?:\[[^\]]*\]|Action::"[^"]*")|==\s*Action::"[^"]*")/;

function cutDown({ json, text }: Policy, rights: readonly Right[], taken: Set<string>): string {
  const id = idOf(json);
  const free = freeId(id, taken);
  taken.add(free);
  const actions = rights.map((right) => `Action::"${right}"`).join(", ");
  return text
    .replace(`@id("${id}")`, `@id("${free}")`)
    .replace(ACTION_CLAUSE, `action in [${actions}]`);
}

function idOf({ annotations }: PolicyJson): string {
  return annotations?.id ?? "";
}

function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let n = 2; taken.has(free); n += 1) free = `${id}-${n}`;
  return free;
}

function freeName(site: readonly PolicyFile[]): string {
  const taken = new Set(site.map(({ name }) => name));
  let n = 1;
  while (taken.has(`added-defaults-${n}.cedar`)) n += 1;
  return `added-defaults-${n}.cedar`;
}
