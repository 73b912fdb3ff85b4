/** Changes of policies that wait for a second administrator. */
import { queryOptions } from "@tanstack/react-query";
import type {
  PolicyActivationView,
  PolicyProposalFilesView,
  PolicyProposalView,
} from "../../broker/api/shapes/policies.ts";
import { policyText } from "../text/policy.ts";
import { ask } from "./http.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";

const PATH = "/api/policy-proposals";
const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

/** Under the key of the people, as the policies: one topic refreshes both. */
export const proposalsQuery = queryOptions({
  queryKey: ["people", "policy-proposals"],
  queryFn: () => ask<PolicyProposalView[]>("GET", PATH),
});

/** Its files never change. */
export function proposalFilesQuery(id: string) {
  return queryOptions({
    queryKey: ["policy-proposal-files", id],
    queryFn: () => ask<PolicyProposalFilesView>("GET", pathOf(id)),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** One touch: the passkey signs the digest of exactly these files. */
export async function confirmProposal(id: string): Promise<PolicyActivationView> {
  const path = `${pathOf(id)}/confirmation`;
  const toSign = await ask<ActionToSign>("POST", `${path}/options`, {});
  return ask("POST", path, await signAction(toSign, policyText.proposals.altered));
}

export function withdrawProposal(id: string): Promise<void> {
  return ask("POST", `${pathOf(id)}/withdrawal`, {});
}
