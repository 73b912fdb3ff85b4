import type { DefaultRights } from "../../access/policies/default-rights.ts";
import type { PolicyStore } from "../../access/policies/policy-store.ts";
import { endpoint } from "../endpoint.ts";
import { policiesSchema } from "../shapes/policies.ts";
import type { ChangeGround } from "./change-policies.ts";
import { policiesView } from "./policy-views.ts";

export function showPolicies(
  store: PolicyStore,
  { proposals, needsWhatIf }: Pick<ChangeGround, "proposals" | "needsWhatIf">,
  defaults: Pick<DefaultRights, "missing">,
) {
  return endpoint({
    summary: "The policies in force, their rules and their earlier versions",
    answer: policiesSchema,
    handle: () =>
      policiesView(store, {
        ...{ needsSecond: proposals.needed, needsWhatIf },
        unspoken: defaults.missing().rights,
      }),
  });
}
