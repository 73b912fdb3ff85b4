import { z } from "zod";
import { reviewIn } from "../../access/break-glass-content.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, reasonText } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { breakGlassSchema, breakGlassVerdictSchema } from "../shapes/break-glass.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import { type BreakGlassParts, breakGlassView, recordingsUnder } from "./break-glass-view.ts";

export function reviewOptions({ access, recordings }: BreakGlassParts) {
  return endpoint({
    summary: "What to sign with a passkey to review a use of break-glass",
    params: idParameter,
    body: z.strictObject({ verdict: breakGlassVerdictSchema, comment: reasonText }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const use = await access.breakGlass.get(params.id);
      const sessions = (await recordingsUnder(recordings, use)).map(({ header }) => header.session);
      const given = { ...body, sessions };
      const { text, options } = await access.breakGlass.reviewOptions(me, params.id, given);
      return { text, options: { ...options } };
    },
  });
}

/** What was signed names the recordings; one that came later makes it worthless. */
export function reviewBreakGlass(parts: BreakGlassParts) {
  return endpoint({
    summary: "Close a use of break-glass by a signed verdict of somebody else",
    params: idParameter,
    body: signedAnswer,
    answer: breakGlassSchema,
    handle: async (call) => {
      const { access, recordings } = parts;
      const before = await access.breakGlass.get(call.params.id);
      const now = (await recordingsUnder(recordings, before)).map(({ header }) => header.session);
      const { me, params, body } = call;
      const reviewed = await access.breakGlass.review(me, params.id, body, (content) => {
        if (reviewIn(content).sessions.join() === now.sort().join()) return;
        const message = "There are other recordings than you were shown. Look again.";
        throw new ApiRefused(409, "changed", message);
      });
      return breakGlassView(parts, reviewed, call);
    },
  });
}
