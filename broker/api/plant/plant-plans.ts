/** A text that may become the plant file: planned, looked at, signed, written. */
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { AccessRefused } from "../../access/access.ts";
import type { PlantConfirmation } from "../../access/plant-confirmation.ts";
import type { PlantPlan } from "../../access/plant-edits.ts";
import { grantsVoid, sessionsEnded } from "../../access/plant-impact.ts";
import type { Foresights } from "../../evidence/past/foresights.ts";
import { PlantFileReadOnly, whyReadOnly } from "../../plant/plant-writer.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { requireTried } from "../policies/what-if.ts";
import { ApiRefused } from "../problem.ts";
import { type PlantPlanView, plantPlanOrderSchema, plantPlanSchema } from "../shapes/plant-file.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { writeTexts } from "../written-json.ts";
import { PLANT_BODY_BYTES_MAX, type PlantFileGround } from "./plant-file.ts";

export interface PlantPlanGround {
  readonly plantFile: PlantFileGround;
  readonly plantConfirmation: Pick<PlantConfirmation, "needed">;
  readonly foresights: Pick<Foresights, "hasTried">;
  /** A change is looked at over past sessions before it can be signed. */
  readonly needsWhatIf: boolean;
  readonly access: Pick<Access<LiveSession>, "grants">;
  readonly sessions: Pick<SessionHost, "list">;
}

export function planPlant(ground: PlantPlanGround) {
  return endpoint({
    summary: "What a text would do in the place of the plant file; nothing changes",
    body: plantPlanOrderSchema,
    bodyBytesMax: PLANT_BODY_BYTES_MAX,
    answer: plantPlanSchema,
    handle: async ({ me, body }) => {
      const { basedOn } = body;
      if (basedOn !== undefined && basedOn !== ground.plantFile.source.current().digest) {
        throw new AccessRefused("changed", "another plant is in force");
      }
      const byCommand = me.signIn.machine !== undefined;
      const plan = await ground.plantFile.edits
        .plan(me.person, body.text, byCommand)
        .catch((error: unknown) => {
          throw isWaiting(error) ? anotherWaits() : error;
        });
      return planView(ground, plan);
    },
  });
}

export function showPlan(ground: PlantPlanGround) {
  return endpoint({
    summary: "A plan of one's own, and what became of it",
    params: idParameter,
    answer: plantPlanSchema,
    handle: ({ me, params }) =>
      planView(ground, ground.plantFile.edits.get(params.id, me.person.id)),
  });
}

export function cancelPlan({ plantFile }: PlantPlanGround) {
  return endpoint({
    summary: "Let go of a plan: nobody can sign it any more",
    params: idParameter,
    handle: ({ me, params }) => plantFile.edits.cancel(params.id, me.person.id),
  });
}

export function planOptions(ground: PlantPlanGround) {
  return endpoint({
    summary: "What to sign with a passkey to write the planned plant file",
    params: idParameter,
    body: z.strictObject({ reason: reasonText }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const { edits } = ground.plantFile;
      requireLookedAt(ground, edits.get(params.id, me.person.id));
      const { text, options } = await edits.options(me, params.id, body.reason);
      return { text, options: { ...options } };
    },
  });
}

export function applyPlan(ground: PlantPlanGround) {
  return endpoint({
    summary: "Write the planned plant file by a signed act",
    params: idParameter,
    body: signedAnswer,
    answer: plantPlanSchema,
    handle: async ({ me, params, body }) => {
      const { edits } = ground.plantFile;
      requireLookedAt(ground, edits.get(params.id, me.person.id));
      return planView(ground, await writing(edits.apply(me, params.id, body)));
    },
  });
}

/** The digest of what waits. */
const waiting = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) });

export function withdrawPlantChange({ plantFile }: PlantPlanGround) {
  return endpoint({
    summary: "Take back one's own change of the plant file that waits, or refuse that of another",
    body: waiting,
    handle: ({ me, body }) => writing(plantFile.edits.withdraw(me.person, body.digest)),
  });
}

function requireLookedAt({ needsWhatIf, foresights }: PlantPlanGround, plan: PlantPlan): void {
  if (needsWhatIf) requireTried(foresights, plan.by, plan.plant?.digest ?? "");
}

async function writing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof PlantFileReadOnly) {
      const message = `The plant file cannot be changed from here: ${error.message}. Change it on the host.`;
      throw new ApiRefused(409, "read-only", message);
    }
    throw isFullDisk(error) ? noRoom() : error;
  }
}

function isWaiting(error: unknown): boolean {
  return error instanceof AccessRefused && error.code === "not-waiting";
}

function anotherWaits(): ApiRefused {
  const message =
    "Another change of the plant file waits to be confirmed. Confirm it, or take it back first.";
  return new ApiRefused(409, "change-waits", message);
}

function isFullDisk(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ENOSPC" || code === "EDQUOT";
}

function noRoom(): ApiRefused {
  const message = "There is no room on the disk of the broker: the plant is as it was.";
  return new ApiRefused(507, "disk-full", message);
}

async function planView(ground: PlantPlanGround, plan: PlantPlan) {
  const { plantFile, plantConfirmation, needsWhatIf, access, sessions } = ground;
  const { id, state, byCommand, expiresMs, plant, problems, warnings, change, words } = plan;
  const open = state === "open" ? change : undefined;
  const rest = {
    ...{ id, state, byCommand, expiresMs },
    digest: plant?.digest ?? "",
    valid: plant !== undefined,
    problems: problems.map((each) => ({ ...each })),
    warnings: warnings.map((each) => ({ ...each })),
    same: plan.text === plan.before && plan.onDisk === plan.inForce,
    changes: words.changes.map((each) => ({ ...each })),
    more: words.more,
    sessions: open ? [...sessionsEnded(open, sessions.list())] : [],
    grants: open ? [...grantsVoid(open.after, await access.grants())] : [],
    readOnly: (await whyReadOnly(plantFile.path)) ?? null,
    ...{ needsSecond: plantConfirmation.needed, needsWhatIf },
  };
  const texts = { before: plan.before, after: plan.text };
  return writeTexts<PlantPlanView, "before" | "after">(rest, texts);
}
