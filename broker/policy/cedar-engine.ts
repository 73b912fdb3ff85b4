/** The one place that calls Cedar. Nothing in here knows what the policies are about. */
import {
  type PolicySet as CedarPolicies,
  type DetailedError,
  type PolicyJson,
  policyToJson,
  preparsePolicySet,
  statefulIsAuthorized,
  type ValidationError,
  validate,
} from "@cedar-policy/cedar-wasm/nodejs";
import type { CedarRequest } from "./cedar-request.ts";

export interface CedarFault {
  /** The policy it is in, where Cedar says so. */
  readonly policy: string | undefined;
  readonly message: string;
  /** Where in the text of the policy, in bytes of UTF-8. */
  readonly byte: number;
}

export type ParsedPolicy =
  | { readonly kind: "policy"; readonly json: PolicyJson }
  | { readonly kind: "faults"; readonly faults: readonly CedarFault[] };

export function parseOne(text: string): ParsedPolicy {
  const answer = policyToJson(text);
  if (answer.type === "success") return { kind: "policy", json: answer.json };
  return { kind: "faults", faults: answer.errors.map((error) => faultOf(error)) };
}

export interface Validation {
  readonly errors: readonly CedarFault[];
  readonly warnings: readonly CedarFault[];
}

/** Strict validation. @param policies text by name */
export function validateAll(schema: string, policies: ReadonlyMap<string, string>): Validation {
  const answer = validate({ schema, policies: cedarPolicies(policies) });
  if (answer.type === "failure") {
    return { errors: answer.errors.map((error) => faultOf(error)), warnings: [] };
  }
  const faults = (list: readonly ValidationError[]) =>
    list.map(({ policyId, error }) => faultOf(error, policyId));
  return { errors: faults(answer.validationErrors), warnings: faults(answer.validationWarnings) };
}

function cedarPolicies(policies: ReadonlyMap<string, string>): CedarPolicies {
  return { staticPolicies: Object.fromEntries(policies) };
}

/** "for policy `x`, …" stands before what the place says already. */
const PREAMBLE = /^(?:for policy `[^`]*`[,:] |failed to parse (?:policy|policies) from string: )/;

function faultOf(error: DetailedError, policy?: string): CedarFault {
  const [place] = error.sourceLocations ?? [];
  const hints = [error.help, place?.label].filter((hint) => hint !== null && hint !== undefined);
  const said = error.message.replace(PREAMBLE, "");
  return { policy, message: [said, ...hints].join("; "), byte: place?.start ?? 0 };
}

/**
 * Cedar keeps prepared sets by name and never lets one go, so the names are few and are used
 * again: one for the set in force, the others for sets that are being tried.
 */
const SLOTS: { readonly name: string; owner: PreparedPolicies | undefined; used: number }[] = [
  { name: "sallyport-0", owner: undefined, used: 0 },
  { name: "sallyport-1", owner: undefined, used: 0 },
  { name: "sallyport-2", owner: undefined, used: 0 },
  { name: "sallyport-3", owner: undefined, used: 0 },
];
let uses = 0;

export type Evaluation =
  | {
      readonly kind: "decided";
      readonly allowed: boolean;
      /** Names of the policies that decided. */
      readonly determining: readonly string[];
      readonly errors: readonly CedarFault[];
    }
  /** Nothing was decided at all. */
  | { readonly kind: "failed"; readonly message: string };

/** A set of valid policies, ready to be asked. */
export class PreparedPolicies {
  private readonly policies: ReadonlyMap<string, string>;

  constructor(policies: ReadonlyMap<string, string>) {
    this.policies = policies;
  }

  /** Never throws: what goes wrong inside Cedar is an answer. */
  evaluate(request: CedarRequest): Evaluation {
    try {
      const preparsedPolicySetId = this.slot();
      const answer = statefulIsAuthorized({ ...request, preparsedPolicySetId });
      if (answer.type === "failure") return failed(answer.errors);
      const { decision, diagnostics } = answer.response;
      const errors = diagnostics.errors.map(({ policyId, error }) => faultOf(error, policyId));
      return {
        kind: "decided",
        allowed: decision === "allow",
        determining: diagnostics.reason,
        errors,
      };
    } catch (fault) {
      return { kind: "failed", message: fault instanceof Error ? fault.message : String(fault) };
    }
  }

  private slot(): string {
    const own = SLOTS.find(({ owner }) => owner === this);
    const slot = own ?? SLOTS.reduce((a, b) => (b.used < a.used ? b : a));
    slot.used = ++uses;
    if (own) return own.name;
    slot.owner = undefined;
    const answer = preparsePolicySet(slot.name, cedarPolicies(this.policies));
    if (answer.type === "failure") throw new Error(answer.errors.map((e) => e.message).join("; "));
    slot.owner = this;
    return slot.name;
  }
}

function failed(errors: readonly DetailedError[]): Evaluation {
  return { kind: "failed", message: errors.map(({ message }) => message).join("; ") };
}
