import { z } from "zod";
import type { ActionContent, SignedActions } from "../../identity/signed-actions.ts";
import type { Lock } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { sameContent, signedAnswer } from "../signed-action.ts";
import type { LocksAsked } from "./lock-view.ts";

export function liftLockOptions(access: LocksAsked, actions: SignedActions) {
  return endpoint({
    summary: "What to sign with a passkey to lift a lock, or to agree to it",
    params: idParameter,
    body: emptyBody,
    answer: actionToSignSchema,
    handle: async ({ me, params }) => {
      const content = contentOf(access.locks.mayLift(me.person, params.id));
      const { text, options } = await actions.options(me, "lock", content);
      return { text, options: { ...options } };
    },
  });
}

export function liftLock(access: LocksAsked, actions: SignedActions) {
  return endpoint({
    summary: "Lift a lock by a signed act; the site's is lifted by two different people",
    params: idParameter,
    body: signedAnswer,
    answer: z.object({ state: z.enum(["lifted", "agreed"]) }),
    handle: async ({ me, params, body }) => {
      const { action, content } = await actions.prove(me, "lock", body);
      const lock = access.locks.mayLift(me.person, params.id);
      sameContent(content, contentOf(lock));
      return { state: await access.locks.lift(me.person, lock.id, action.id) };
    },
  });
}

function contentOf({ id, kind, target, reason, liftBy }: Lock): ActionContent {
  return { act: "lift", lock: id, kind, target, reason, after: liftBy };
}
