import { z } from "zod";
import type { PolicyStore } from "../../access/policies/policy-store.ts";
import { endpoint } from "../endpoint.ts";
import { policyCheckSchema, policyFileSchema } from "../shapes/policies.ts";
import { checkView } from "./policy-views.ts";

export function checkPolicies(store: PolicyStore) {
  return endpoint({
    summary: "What would stand in the way of these policies; nothing changes",
    body: z.strictObject({ files: z.array(policyFileSchema) }),
    answer: policyCheckSchema,
    handle: async ({ body }) => checkView(await store.examine(body.files)),
  });
}
