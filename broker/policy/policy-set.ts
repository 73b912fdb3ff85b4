/**
 * A set of policy files, checked as a whole, that can be asked who may do what.
 *
 * Denied is what no policy permits, what one forbids, and whatever a policy could not be
 * evaluated for: an error is never a policy that does not count.
 */
import type { PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";
import { type AccessInput, POLICY_ACTIONS, type PolicyAction } from "./access-input.ts";
import {
  type CedarFault,
  type Evaluation,
  PreparedPolicies,
  parseOne,
  validateAll,
} from "./cedar-engine.ts";
import { cedarRequest } from "./cedar-request.ts";
import {
  indexOfByte,
  type Place,
  POLICIES_MAX,
  placeOf,
  SET_LENGTH_MAX,
  scanPolicies,
} from "./policy-text.ts";
import { POLICY_SCHEMA } from "./schema.ts";
import { type UsedInputs, usedInputs, usedPart } from "./used-inputs.ts";

export interface PolicyFile {
  /** For example `roles.cedar`. */
  readonly name: string;
  readonly text: string;
}

export interface PolicyProblem extends Place {
  readonly file: string;
  readonly message: string;
}

/** `roles.cedar:12:5 message` */
export function describePolicyProblem({ file, line, column, message }: PolicyProblem): string {
  return line > 0 ? `${file}:${line}:${column} ${message}` : `${file} ${message}`;
}

/** One policy as people see it. */
export interface PolicyRule extends Place {
  /** Its `@id`. */
  readonly id: string;
  readonly effect: "permit" | "forbid";
  /** Its `@reason`: a sentence for the person it concerns. */
  readonly reason: string;
  readonly file: string;
}

export interface Ruling {
  readonly permitted: boolean;
  /** The rule that decided, or `default-deny` or `policy-error`, with a sentence for people. */
  readonly rule: string;
  readonly reason: string;
  /** All rules that decided; none where nothing permits. */
  readonly determining: readonly string[];
  /** What an administrator has to hear. */
  readonly alarms: readonly string[];
}

export type ParsedPolicies =
  | {
      readonly kind: "set";
      readonly set: PolicySet;
      /** Allowed, but probably not meant. */
      readonly warnings: readonly PolicyProblem[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly PolicyProblem[] };

/** The first problems of a set; more do not help. */
const PROBLEMS_MAX = 50;
const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const ID_LENGTH_MAX = 64;
const REASON_LENGTH_MAX = 200;

interface Policy {
  readonly rule: PolicyRule;
  readonly json: PolicyJson;
  readonly start: number;
  readonly text: string;
  readonly source: PolicyFile;
}

/** @param digest of the files, which stands in every decision */
export function parsePolicySet(files: readonly PolicyFile[], digest: string): ParsedPolicies {
  const problems: PolicyProblem[] = [];
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (length > SET_LENGTH_MAX) {
    return invalid([{ ...WHOLE, message: `more than ${SET_LENGTH_MAX} characters of policies` }]);
  }
  const policies = files.flatMap((file) => readFile(file, problems));
  if (policies.length === 0 && problems.length === 0) {
    problems.push({ ...WHOLE, message: "no policy: nobody could do anything, not even mend it" });
  }
  if (policies.length > POLICIES_MAX) {
    problems.push({ ...WHOLE, message: `more than ${POLICIES_MAX} policies` });
  }
  checkIds(policies, problems);
  if (problems.length > 0) return invalid(problems);
  const texts = new Map(policies.map(({ rule, text }) => [rule.id, text]));
  const { errors, warnings } = validateAll(POLICY_SCHEMA, texts);
  const placed = (fault: CedarFault) => placeFault(fault, policies);
  if (errors.length > 0) return invalid(errors.map(placed));
  return {
    kind: "set",
    set: new PolicySet(policies, texts, digest),
    warnings: warnings.map(placed),
  };
}

const WHOLE = { file: "policies", line: 0, column: 0 };

function invalid(problems: readonly PolicyProblem[]): ParsedPolicies {
  const byPlace = problems.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
  return { kind: "invalid", problems: byPlace.slice(0, PROBLEMS_MAX) };
}

function readFile(source: PolicyFile, problems: PolicyProblem[]): readonly Policy[] {
  const { name: file, text } = source;
  const { parts, faults } = scanPolicies(text);
  if (parts.length > POLICIES_MAX) {
    problems.push({ ...WHOLE, file, message: `more than ${POLICIES_MAX} policies` });
    return [];
  }
  for (const { at, message } of faults) problems.push({ file, ...placeOf(text, at), message });
  if (faults.length > 0) return [];
  return parts.flatMap(({ start, text: own }) => {
    const place = placeOf(text, start);
    const parsed = parseOne(own);
    if (parsed.kind === "policy") {
      const { effect, annotations = {} } = parsed.json;
      const { id = "", reason = "" } = annotations;
      const rule: PolicyRule = { id, effect, reason: reason.trim(), file, ...place };
      return [{ rule, json: parsed.json, start, text: own, source }];
    }
    for (const { message, byte } of parsed.faults) {
      problems.push({ file, ...placeOf(text, start + indexOfByte(own, byte)), message });
    }
    return [];
  });
}

function checkIds(policies: readonly Policy[], problems: PolicyProblem[]): void {
  const first = new Map<string, PolicyRule>();
  for (const { rule } of policies) {
    const { id, reason, file, line, column } = rule;
    const fail = (message: string) => problems.push({ file, line, column, message });
    const before = first.get(id);
    if (id === "") fail('a policy needs a name: @id("who-may-what")');
    else if (!ID.test(id) || id.length > ID_LENGTH_MAX) {
      fail(`"${id.slice(0, ID_LENGTH_MAX)}" cannot be an @id: lower-case letters, digits, hyphens`);
    } else if (before) fail(`@id("${id}") stands at ${before.file}:${before.line} already`);
    else first.set(id, rule);
    if (reason === "") fail('a policy needs a sentence for people: @reason("…")');
    else if (reason.length > REASON_LENGTH_MAX) {
      fail(`@reason is longer than ${REASON_LENGTH_MAX} characters`);
    }
  }
}

function placeFault(fault: CedarFault, policies: readonly Policy[]): PolicyProblem {
  const policy = policies.find(({ rule }) => rule.id === fault.policy);
  if (!policy) return { ...WHOLE, message: fault.message };
  const { source, start, text } = policy;
  const place = placeOf(source.text, start + indexOfByte(text, fault.byte));
  return { file: source.name, ...place, message: fault.message };
}

type Decided = Extract<Evaluation, { readonly kind: "decided" }>;

/** Rulings that are remembered; a busy site has some hundreds. */
const MEMORY_MAX = 8_192;

export class PolicySet {
  readonly digest: string;
  readonly rules: readonly PolicyRule[];
  private readonly used: ReadonlyMap<PolicyAction, UsedInputs>;
  private readonly prepared: PreparedPolicies;
  /** The same input gives the same ruling for ever: nothing in here has to expire. */
  private readonly memory = new Map<string, Ruling>();

  constructor(policies: readonly Policy[], texts: ReadonlyMap<string, string>, digest: string) {
    this.digest = digest;
    this.rules = policies.map(({ rule }) => rule);
    const jsons = policies.map(({ json }) => json);
    this.used = new Map(POLICY_ACTIONS.map((action) => [action, usedInputs(jsons, action)]));
    this.prepared = new PreparedPolicies(texts);
  }

  decide(action: PolicyAction, input: AccessInput): Ruling {
    const used = this.used.get(action);
    if (!used) return errorRuling([], [`${action} is no action that policies know`]);
    const seen = usedPart(input, used);
    const key = `${action} ${JSON.stringify(seen)}`;
    const known = this.memory.get(key);
    if (known) return known;
    const evaluation = this.prepared.evaluate(cedarRequest(action, seen));
    if (evaluation.kind === "failed") {
      return errorRuling([], [`${action} could not be decided: ${evaluation.message}`]);
    }
    const ruling = this.rulingOf(action, evaluation);
    const [oldest] = this.memory.size >= MEMORY_MAX ? this.memory.keys() : [];
    if (oldest !== undefined) this.memory.delete(oldest);
    this.memory.set(key, ruling);
    return ruling;
  }

  private rulingOf(action: PolicyAction, decided: Decided): Ruling {
    const { allowed, determining, errors } = decided;
    if (errors.length > 0) {
      const ids = errors.flatMap(({ policy }) => policy ?? []);
      return errorRuling(
        ids,
        errors.map(({ policy, message }) => `policy ${policy} failed for ${action}: ${message}`),
      );
    }
    const rules = this.rules.filter(({ id }) => determining.includes(id));
    const [first] = rules;
    if (!first) return DEFAULT_DENY;
    const ids = rules.map(({ id }) => id);
    const { id: rule, reason } = first;
    return { permitted: allowed, rule, reason, determining: ids, alarms: [] };
  }
}

const DEFAULT_DENY: Ruling = {
  permitted: false,
  rule: "default-deny",
  reason: "No policy of this site permits it.",
  determining: [],
  alarms: [],
};

function errorRuling(determining: readonly string[], alarms: readonly string[]): Ruling {
  return {
    permitted: false,
    rule: "policy-error",
    reason: "A policy of this site could not be evaluated; an administrator has to mend it.",
    determining,
    alarms,
  };
}
