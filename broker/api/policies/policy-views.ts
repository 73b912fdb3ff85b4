import type { CheckedPolicies } from "../../access/policies/check-policies.ts";
import type { PolicyVersion } from "../../access/policies/policy-history.ts";
import type { Proposed } from "../../access/policies/policy-proposals.ts";
import type { Activation, PolicyStore } from "../../access/policies/policy-store.ts";
import type {
  PoliciesView,
  PolicyActivationView,
  PolicyCheckView,
  PolicyVersionView,
} from "../shapes/policies.ts";

/** What a page lists; older ones are found by their number. */
const VERSIONS_MAX = 200;

export function policiesView(
  store: PolicyStore,
  needed: Pick<PoliciesView, "needsSecond" | "needsWhatIf"> & {
    readonly unspoken: readonly string[];
  },
): PoliciesView {
  const version = store.version();
  const versions = store.versions().slice(-VERSIONS_MAX).toReversed();
  return {
    version: versionView(version),
    ...needed,
    unspoken: [...needed.unspoken],
    problem: store.problem() ?? null,
    files: [...store.sources(version.sequence)],
    rules: store.current().rules.map(({ id, effect, reason, file, line }) => ({
      ...{ id, effect, reason, file, line },
    })),
    versions: versions.map(versionView),
  };
}

export function versionView(version: PolicyVersion): PolicyVersionView {
  const { sequence, digest, atMs, byName, note } = version;
  return { sequence, digest, atMs, byName, note };
}

export function checkView(checked: CheckedPolicies): PolicyCheckView {
  const { valid, problems, failures, warnings, policies, tests } = checked;
  return {
    ...{ valid, policies, tests },
    problems: [...problems],
    failures: [...failures],
    warnings: [...warnings],
  };
}

export function activationView(done: Activation): PolicyActivationView {
  const version = done.kind === "active" ? versionView(done.version) : null;
  return { version, proposal: null, check: checkView(done.checked) };
}

export function proposedView(done: Proposed): PolicyActivationView {
  const proposal = done.kind === "proposed" ? done.proposal.id : null;
  return { version: null, proposal, check: checkView(done.checked) };
}
