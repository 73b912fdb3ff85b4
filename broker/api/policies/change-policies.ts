import { z } from "zod";
import { digestOf } from "../../access/policies/policy-folder.ts";
import type { PolicyProposals } from "../../access/policies/policy-proposals.ts";
import type { PolicyStore } from "../../access/policies/policy-store.ts";
import type { Foresights } from "../../evidence/past/foresights.ts";
import { FRESH_MS, type SignedIn } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { reasonText } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { policyActivationSchema, policyFileSchema } from "../shapes/policies.ts";
import { activationView, proposedView } from "./policy-views.ts";
import { requireTried } from "./what-if.ts";

/** SHA-256 (hex) of the set that the change was made from. */
const basedOn = z.string().regex(/^[0-9a-f]{64}$/);

export interface ChangeGround {
  readonly proposals: PolicyProposals;
  readonly foresights: Pick<Foresights, "hasTried">;
  readonly needsWhatIf: boolean;
}

/** Where a second administrator is needed, both only propose. */
export function activatePolicies(
  store: PolicyStore,
  { proposals, foresights, needsWhatIf }: ChangeGround,
) {
  return endpoint({
    summary: "Put policies in force if they pass everything; needs a fresh assertion",
    body: z.strictObject({ files: z.array(policyFileSchema), basedOn, reason: reasonText }),
    answer: policyActivationSchema,
    handle: async ({ me, body }) => {
      checkChange(store, me, body.basedOn);
      const { files, reason } = body;
      if (needsWhatIf) requireTried(foresights, me.person.id, digestOf(files));
      if (proposals.needed) return proposedView(await proposals.propose(me.person, files, reason));
      return activationView(await store.activate(files, me.person, reason));
    },
  });
}

export function rollbackPolicies(store: PolicyStore, proposals: PolicyProposals) {
  return endpoint({
    summary: "Put an earlier version of the policies in force again; needs a fresh assertion",
    body: z.strictObject({ version: z.number().int().min(1), basedOn }),
    answer: policyActivationSchema,
    handle: async ({ me, body }) => {
      checkChange(store, me, body.basedOn);
      const known = store.versions().some(({ sequence }) => sequence === body.version);
      if (!known) throw notFound();
      if (proposals.needed) {
        const note = `back to version ${body.version}`;
        return proposedView(await proposals.propose(me.person, store.sources(body.version), note));
      }
      return activationView(await store.rollback(me.person, body.version));
    },
  });
}

function checkChange(store: PolicyStore, me: SignedIn, from: string): void {
  if (me.assertionAgeMs > FRESH_MS) {
    const message = "Confirm with your passkey to change policies.";
    throw new ApiRefused(403, "step-up-required", message);
  }
  if (store.current().digest === from) return;
  const message = "Other policies came into force meanwhile. Look at them, then change them anew.";
  throw new ApiRefused(409, "changed", message);
}
