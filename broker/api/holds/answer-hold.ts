import { createHash } from "node:crypto";
import type { SignedActions } from "../../identity/signed-actions.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { type HoldAnswerBody, holdAnswerSchema, holdResultSchema } from "../shapes/holds.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { sameContent, signedAnswer } from "../signed-action.ts";
import { contentOf, openHold } from "./open-hold.ts";

export function holdOptions(sessions: SessionHost, actions: SignedActions) {
  return endpoint({
    summary: "What to sign with a passkey to answer a hold",
    params: idParameter,
    body: holdAnswerSchema,
    answer: actionToSignSchema,
    handle: async ({ me, mayAt, params, body }) => {
      const found = openHold(sessions, params.id, { me, mayAt });
      const { text, options } = await actions.options(me, "hold", contentOf(found, checked(body)));
      return { text, options: { ...options } };
    },
  });
}

export function answerHold(sessions: SessionHost, actions: SignedActions) {
  return endpoint({
    summary: "Permit or refuse exactly the operation that was signed for",
    params: idParameter,
    body: signedAnswer.extend(holdAnswerSchema.shape),
    answer: holdResultSchema,
    handle: async ({ me, mayAt, params, body }) => {
      const { action, content } = await actions.prove(me, "hold", body);
      const found = openHold(sessions, params.id, { me, mayAt });
      sameContent(content, contentOf(found, checked(body)));
      const result = await found.session.answerHold(params.id, {
        ...{ kind: body.answer, by: me.person.id, name: me.person.name, actionId: action.id },
        digest: createHash("sha256").update(action.text).digest("hex"),
        forMs: (body.minutes ?? 0) * 60_000,
      });
      if (!result) throw tooLate();
      return { result: result.kind, reason: result.reason };
    },
  });
}

function checked(body: HoldAnswerBody): HoldAnswerBody {
  if ((body.answer === "permit-next") === (body.minutes !== undefined)) return body;
  throw new ApiRefused(400, "invalid-request", "Say for how many minutes, for next time only.");
}

function tooLate(): ApiRefused {
  return new ApiRefused(409, "too-late", "This was answered, or its time was over, before you.");
}
