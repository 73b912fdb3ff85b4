import { z } from "zod";
import type { PolicyProposals } from "../../access/policies/policy-proposals.ts";
import type { ChangeProposal, Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import {
  type PolicyProposalView,
  policyActivationSchema,
  policyProposalFilesSchema,
  policyProposalSchema,
} from "../shapes/policies.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { activationView } from "./policy-views.ts";

export function listProposals(proposals: PolicyProposals) {
  return endpoint({
    summary: "Changes of policies that wait, or waited, for a second administrator",
    answer: z.array(policyProposalSchema),
    handle: async ({ me, rights }) =>
      (await proposals.list()).map((each) =>
        proposalView(proposals, each, me.person, rights.has("policy:change")),
      ),
  });
}

export function showProposal(proposals: PolicyProposals) {
  return endpoint({
    summary: "A proposed change of policies with its files",
    params: idParameter,
    answer: policyProposalFilesSchema,
    handle: async ({ me, rights, params }) => {
      const found = await proposals.get(params.id);
      const proposal = proposalView(proposals, found, me.person, rights.has("policy:change"));
      return { proposal, files: [...found.files] };
    },
  });
}

export function confirmOptions(proposals: PolicyProposals) {
  return endpoint({
    summary: "What to sign with a passkey to confirm somebody else's change of policies",
    params: idParameter,
    body: emptyBody,
    answer: actionToSignSchema,
    handle: async ({ me, params }) => {
      const { text, options } = await proposals.confirmOptions(me, params.id);
      return { text, options: { ...options } };
    },
  });
}

export function confirmProposal(proposals: PolicyProposals) {
  return endpoint({
    summary: "Put somebody else's change of policies in force by a signed act",
    params: idParameter,
    body: signedAnswer,
    answer: policyActivationSchema,
    handle: async ({ me, params, body }) =>
      activationView(await proposals.confirm(me, params.id, body)),
  });
}

export function withdrawProposal(proposals: PolicyProposals) {
  return endpoint({
    summary: "Take back one's own proposed change, or refuse that of another",
    params: idParameter,
    body: emptyBody,
    handle: ({ me, params }) => proposals.withdraw(me.person, params.id),
  });
}

export function proposalView(
  proposals: PolicyProposals,
  proposal: ChangeProposal,
  viewer: Person,
  mayChange: boolean,
): PolicyProposalView {
  const { id, digest, reason, proposedBy, proposedMs, expiresMs, decidedBy, stateMs } = proposal;
  const state = proposals.stateOf(proposal);
  const mine = proposedBy.id === viewer.id;
  return {
    ...{ id, digest, reason, state, stateMs, proposedMs, expiresMs, mine },
    proposedBy: proposedBy.name,
    decidedBy: decidedBy?.name ?? null,
    mayConfirm: mayChange && !mine && state === "waiting",
    mayWithdraw: mayChange && (state === "waiting" || state === "overtaken"),
  };
}
