/**
 * What a change would have done to past sessions, before it counts: over recordings that the one
 * who asks may see, in the background.
 */
import type { PlantConfirmation } from "../../access/plant-confirmation.ts";
import type { PlantEdits } from "../../access/plant-edits.ts";
import { digestOf, type PolicySources } from "../../access/policies/policy-folder.ts";
import type { PolicyStore } from "../../access/policies/policy-store.ts";
import type { Clock } from "../../clock.ts";
import type { ForesightShown, Foresights } from "../../evidence/past/foresights.ts";
import { reaches } from "../../identity/token-scope.ts";
import type { Plant } from "../../plant/model.ts";
import type { Person } from "../../store/model.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { maySeeHead } from "../recordings/visible-recording.ts";
import {
  type WhatIfOrder,
  type WhatIfView,
  whatIfOrderSchema,
  whatIfSchema,
} from "../shapes/what-if.ts";

export interface WhatIfGround {
  readonly foresights: Foresights;
  readonly policies: Pick<PolicyStore, "examine">;
  readonly plantConfirmation: Pick<PlantConfirmation, "held">;
  readonly plantFile: { readonly edits: Pick<PlantEdits, "get"> };
  readonly plant: { current(): Plant };
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly clock: Clock;
}

const DAY_MS = 86_400_000;

/** Each is an event: recordings are read for it. */
export function askWhatIf(ground: WhatIfGround) {
  return endpoint({
    summary: "Begins to judge past sessions by other policies, or by another plant file",
    body: whatIfOrderSchema,
    answer: whatIfSchema,
    status: 201,
    handle: async ({ me, rights, mayAt, body }) => {
      const tried = await triedIn(ground, body, rights.has("plant:change") && me.person);
      const asked = ground.foresights.ask({
        ...tried,
        by: me.person.id,
        sinceMs: ground.clock.wallMs() - body.days * DAY_MS,
        wanted: (head) => maySeeHead(head, { me, rights, mayAt }) && reaches(me, head.asset),
      });
      if (!asked) {
        const message = "Others are trying changes now. Wait until one of them is done.";
        throw new ApiRefused(409, "too-many", message);
      }
      await ground.siteLog.record({
        kind: "policy:tried",
        priority: "event",
        text: `${me.person.name} had sessions of the last ${body.days} days judged by ${tried.policies ? "other policies" : "another plant file"} (${tried.digest.slice(0, 12)})`,
        subject: me.person.id,
      });
      return viewOf(asked);
    },
  });
}

export function showWhatIf({ foresights }: WhatIfGround) {
  return endpoint({
    summary: "How far it is, and what was found so far",
    params: idParameter,
    answer: whatIfSchema,
    handle: ({ me, params }) => {
      const shown = foresights.get(params.id, me.person.id);
      if (!shown) throw notFound();
      return viewOf(shown);
    },
  });
}

export function cancelWhatIf({ foresights }: WhatIfGround) {
  return endpoint({
    summary: "Stop it",
    params: idParameter,
    handle: ({ me, params }) => {
      if (!foresights.cancel(params.id, me.person.id)) throw notFound();
      return undefined;
    },
  });
}

/** @throws ApiRefused where it has not been tried by whom it would come into force */
export function requireTried(
  foresights: Pick<Foresights, "hasTried">,
  personId: string,
  /** Of what is to come into force. */
  digest: string,
): void {
  if (foresights.hasTried(personId, digest)) return;
  const message =
    "This site wants to see first what this would have changed in past sessions. Look at that, then put it in force.";
  throw new ApiRefused(409, "what-if-required", message);
}

interface Tried {
  readonly plant: Plant;
  readonly policies: PolicySources | undefined;
  readonly digest: string;
}

/** @throws ApiRefused not-found, invalid-request */
async function triedIn(
  { plant, policies, plantConfirmation, plantFile }: WhatIfGround,
  { files, plant: wanted, plan }: WhatIfOrder,
  mayChangePlant: Person | false,
): Promise<Tried> {
  if ([files, wanted, plan].filter((each) => each !== undefined).length !== 1) throw notFound();
  if (files !== undefined) {
    const { problems } = await policies.examine(files);
    const [first] = problems;
    if (first) throw new ApiRefused(400, "invalid-request", `Not valid: ${first.message}.`);
    return { plant: plant.current(), policies: files, digest: digestOf(files) };
  }
  if (!mayChangePlant) throw notFound();
  const changed =
    plan === undefined
      ? plantConfirmation.held()?.held.plant
      : plantFile.edits.get(plan, mayChangePlant.id).plant;
  if (!changed) throw notFound();
  return { plant: changed, policies: undefined, digest: changed.digest };
}

function viewOf({ id, state, all, leftOut, foreseen }: ForesightShown): WhatIfView {
  const { sessions, operations, differences, more } = foreseen;
  return {
    ...{ id, state: state.kind, reason: state.kind === "failed" ? state.reason : "" },
    ...{ sessions, all, leftOut, operations, more },
    differences: differences.map((each) => ({
      ...each,
      before: { ...each.before },
      after: { ...each.after },
      moments: [...each.moments],
    })),
  };
}
