/** Policies in force without a data folder: the default ones until a test says otherwise. */
import { join } from "node:path";
import { setOf } from "../../broker/access/policies/check-policies.ts";
import { readPolicyFolder } from "../../broker/access/policies/policy-folder.ts";
import type { PolicyInForce } from "../../broker/access/policies/policy-store.ts";
import type { PolicySet } from "../../broker/policy/policy-set.ts";

export const DEFAULT_POLICIES = join(import.meta.dirname, "../../deploy/examples/policies");

export class TestPolicies implements PolicyInForce {
  private set = setOf(readPolicyFolder(DEFAULT_POLICIES));
  private readonly listeners = new Set<(set: PolicySet) => void>();

  current(): PolicySet {
    return this.set;
  }

  onChanged(listener: (set: PolicySet) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Each policy gets a name and a reason, as in `added-0`. */
  add(...policies: readonly string[]): void {
    const text = policies.map((policy, n) => `@id("added-${n}") @reason("Added ${n}.") ${policy}`);
    this.replace([{ name: "added.cedar", text: text.join("\n") }]);
  }

  /** Beside the default ones. */
  private replace(more: readonly { readonly name: string; readonly text: string }[]): void {
    this.set = setOf([...readPolicyFolder(DEFAULT_POLICIES), ...more]);
    for (const listener of this.listeners) listener(this.set);
  }
}
