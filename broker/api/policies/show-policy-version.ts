import { z } from "zod";
import type { PolicyStore } from "../../access/policies/policy-store.ts";
import { endpoint } from "../endpoint.ts";
import { notFound } from "../problem.ts";
import { policyVersionFilesSchema } from "../shapes/policies.ts";
import { versionView } from "./policy-views.ts";

export function showPolicyVersion(store: PolicyStore) {
  return endpoint({
    summary: "The files of an earlier version of the policies",
    /** The number of the version. */
    params: z.strictObject({ id: z.coerce.number().int().min(1) }),
    answer: policyVersionFilesSchema,
    handle: ({ params: { id: sequence } }) => {
      const version = store.versions().find((each) => each.sequence === sequence);
      if (!version) throw notFound();
      return { version: versionView(version), files: [...store.sources(sequence)] };
    },
  });
}
