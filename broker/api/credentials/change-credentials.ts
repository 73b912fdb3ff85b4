import { z } from "zod";
import type { Credentials } from "../../credentials/credentials.ts";
import { FRESH_MS, type SignedIn } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText } from "../parameters.ts";
import type { PlantShown } from "../plant/plant-view.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { credentialSchema } from "../shapes/credentials.ts";

export function setCredential(
  credentials: Pick<Credentials, "set">,
  plant: Pick<PlantShown, "current">,
) {
  return endpoint({
    summary: "Set what an endpoint is signed in to with; needs a fresh assertion",
    body: z.strictObject({ endpoint: endpointText, credential: credentialSchema }),
    handle: async ({ me, body }) => {
      needFresh(me);
      const [assetId, endpointId] = body.endpoint.split("/");
      const asset = plant.current().assets.find(({ id }) => id === assetId);
      if (!asset?.endpoints.some(({ id }) => id === endpointId)) throw notFound();
      await credentials.set(me.person, body.endpoint, body.credential);
    },
  });
}

/** Also of an endpoint that the plant file no longer has. */
export function removeCredential(credentials: Pick<Credentials, "remove">) {
  return endpoint({
    summary: "Remove what an endpoint is signed in to with; needs a fresh assertion",
    body: z.strictObject({ endpoint: endpointText }),
    handle: async ({ me, body }) => {
      needFresh(me);
      if (!(await credentials.remove(me.person, body.endpoint))) throw notFound();
    },
  });
}

function needFresh(me: SignedIn): void {
  if (me.assertionAgeMs <= FRESH_MS) return;
  const message = "Confirm with your passkey to change what an asset is signed in to with.";
  throw new ApiRefused(403, "step-up-required", message);
}
