import { z } from "zod";
import type { PlantConfirmation } from "../../access/plant-confirmation.ts";
import type { PlantEdits } from "../../access/plant-edits.ts";
import { endpoint } from "../endpoint.ts";
import { plantChangeSchema } from "../shapes/plant-change.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";

export function showPlantChange(
  confirmation: PlantConfirmation,
  { edits }: { readonly edits: Pick<PlantEdits, "proposer"> },
) {
  return endpoint({
    summary: "A change of the plant file that waits for an administrator",
    answer: plantChangeSchema,
    handle: ({ me }) => {
      const found = confirmation.held();
      const { needed } = confirmation;
      if (!found) return { needed, held: null };
      const { held, before } = found;
      const by = edits.proposer(held);
      return {
        needed,
        held: {
          ...{ digest: held.plant.digest, basedOn: found.basedOn, sinceMs: held.sinceMs },
          ...{ before, after: held.text },
          warnings: held.warnings.map(
            ({ line, column, message }) => `${line}:${column} ${message}`,
          ),
          ...{ byName: by?.name ?? null, note: by?.note ?? "", mine: by?.id === me.person.id },
        },
      };
    },
  });
}

const digest = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) });

export function plantChangeOptions(confirmation: PlantConfirmation) {
  return endpoint({
    summary: "What to sign with a passkey to put the changed plant file in force",
    body: digest,
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const { text, options } = await confirmation.options(me, body.digest);
      return { text, options: { ...options } };
    },
  });
}

export function confirmPlantChange(confirmation: PlantConfirmation) {
  return endpoint({
    summary: "Put the changed plant file in force by a signed act",
    body: signedAnswer,
    handle: ({ me, body }) => confirmation.confirm(me, body),
  });
}
