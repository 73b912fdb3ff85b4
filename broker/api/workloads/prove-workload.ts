/** How workloads come in: a JWT here, or a certificate at a door of its own. */
import type { Clock } from "../../clock.ts";
import type { WorkloadProved, Workloads } from "../../workloads/workloads.ts";
import { publicEndpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import {
  tokenProofSchema,
  type WorkloadDoor,
  workloadDoorSchema,
  workloadTokenSchema,
} from "../shapes/workloads.ts";

export function showWorkloadDoor(door: () => WorkloadDoor) {
  return publicEndpoint({
    summary: "What a workload needs to know to prove itself",
    body: emptyBody,
    answer: workloadDoorSchema,
    handle: door,
  });
}

export function proveByToken(workloads: Pick<Workloads, "byToken" | "isOnce">, clock: Clock) {
  return publicEndpoint({
    summary: "A workload proves itself by a JWT, for a token that counts with its machine's key",
    body: tokenProofSchema,
    answer: workloadTokenSchema,
    handle: async ({ body: { token, tool }, keyed }) => {
      if (!keyed) throw refusedFor("refused");
      return answerOf(workloads, await workloads.byToken(token, { keyed, tool }), clock);
    },
  });
}

/** @throws ApiRefused */
export function answerOf(
  workloads: Pick<Workloads, "isOnce">,
  proved: WorkloadProved,
  clock: Clock,
) {
  if (proved.kind !== "signed-in") throw refusedFor(proved.kind);
  const { token, person, signIn } = proved.signIn;
  return {
    access_token: token,
    token_type: "DPoP" as const,
    expires_in: Math.max(0, Math.floor((signIn.absoluteEndsMs - clock.wallMs()) / 1_000)),
    person: { name: person.name, email: person.email },
    once: workloads.isOnce(signIn),
  };
}

/** One sentence for all: what was wrong is for the site's own people, in its events. */
export function refusedFor(kind: Exclude<WorkloadProved["kind"], "signed-in">): ApiRefused {
  if (kind === "stale") {
    return new ApiRefused(400, "proof-stale", "The clock of this machine is wrong.");
  }
  if (kind === "limited") {
    return new ApiRefused(429, "rate-limited", "Too many attempts. Wait a minute, then try again.");
  }
  const message =
    "This proves no workload of this site. Its administrators see why in the site's events.";
  return new ApiRefused(401, "not-proved", message);
}
