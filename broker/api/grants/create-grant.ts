import { z } from "zod";
import type { Access, ControlledSession } from "../../access/access.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText, instant, reasonText } from "../parameters.ts";
import { grantSchema } from "../shapes/plant.ts";

export function createGrant(access: Pick<Access<ControlledSession>, "createGrant">) {
  return endpoint({
    summary: "Let somebody reach an endpoint for a time",
    body: z.strictObject({
      personId: z.string().min(1).max(100),
      endpoint: endpointText,
      profile: z.string().min(1).max(100),
      fromMs: instant,
      untilMs: instant,
      reason: reasonText,
    }),
    answer: grantSchema,
    status: 201,
    handle: ({ me, body }) => access.createGrant(me.person, body),
  });
}
