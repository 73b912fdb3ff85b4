import { z } from "zod";
import { BREAK_GLASS_MAX_MS, BREAK_GLASS_MIN_MS } from "../../access/break-glass-content.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText, idParameter, reasonText } from "../parameters.ts";
import { breakGlassSchema } from "../shapes/break-glass.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { type BreakGlassParts, breakGlassView } from "./break-glass-view.ts";

const wanted = z.strictObject({
  endpoint: endpointText,
  profile: z.string().min(1).max(100),
  /** Who will hold the grant; oneself if it is left out. */
  holder: z.string().min(1).max(100).exactOptional(),
  durationMs: z.number().int().min(BREAK_GLASS_MIN_MS).max(BREAK_GLASS_MAX_MS),
  reason: reasonText,
});

export function breakGlassOptions({ access }: BreakGlassParts) {
  return endpoint({
    summary: "What to sign with a passkey to open access without approvers",
    body: wanted,
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const { holder, ...rest } = body;
      const opening = { ...rest, holderId: holder ?? me.person.id };
      const { text, options } = await access.breakGlass.openOptions(me, opening);
      return { text, options: { ...options } };
    },
  });
}

export function openBreakGlass(parts: BreakGlassParts) {
  return endpoint({
    summary: "Open a short grant without approvers; everybody entitled is alarmed",
    body: signedAnswer,
    answer: breakGlassSchema,
    status: 201,
    handle: async (call) => {
      const use = await parts.access.breakGlass.open(call.me, call.body);
      return breakGlassView(parts, use, call);
    },
  });
}

export function endBreakGlass({ access }: BreakGlassParts) {
  return endpoint({
    summary: "End it before its time; sessions under it end at once",
    params: idParameter,
    body: z.strictObject({}).nullish(),
    handle: async ({ me, params }) => {
      await access.breakGlass.end(me.person, params.id);
    },
  });
}
