/**
 * The policies in force beside those that Sallyport comes with: a site keeps its own copy, which
 * knows nothing of rights that are newer than it.
 */
import { type MissingDefaults, missingDefaults } from "../../policy/missing-defaults.ts";
import { type PolicySources, readPolicyFolder } from "./policy-folder.ts";
import type { PolicyStore } from "./policy-store.ts";

export type InForce = Pick<PolicyStore, "version" | "sources" | "onChanged">;

export class DefaultRights {
  private readonly policies: InForce;
  private readonly defaults: PolicySources;
  private known: { readonly digest: string; readonly missing: MissingDefaults } | undefined;

  /** @param defaults the folder of the policies that Sallyport comes with */
  constructor(policies: InForce, defaults: string) {
    this.policies = policies;
    this.defaults = readPolicyFolder(defaults);
  }

  /** Of the set in force. */
  missing(): MissingDefaults {
    const { sequence, digest } = this.policies.version();
    if (this.known?.digest !== digest) {
      const missing = missingDefaults(this.policies.sources(sequence), this.defaults);
      this.known = { digest, missing };
    }
    return this.known.missing;
  }

  /**
   * Tells now, and with each set that misses others than the one before.
   * @returns a function that stops it
   */
  watch(tell: (rights: MissingDefaults["rights"]) => void): () => void {
    let told = "";
    const look = () => {
      const { rights } = this.missing();
      if (rights.join() !== told && rights.length > 0) tell(rights);
      told = rights.join();
    };
    look();
    return this.policies.onChanged(look);
  }
}
