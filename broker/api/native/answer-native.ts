import { z } from "zod";
import type { SignedActions } from "../../identity/signed-actions.ts";
import { askContent, type NativeAsk, type NativeAsks } from "../../native/native-asks.ts";
import type { Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { nativeAskSchema } from "../shapes/native.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { sameContent, signedAnswer } from "../signed-action.ts";
import { type NativeGround, nativeView, targetOf } from "./native-view.ts";

export function showNative(asks: NativeAsks, ground: NativeGround) {
  return endpoint({
    summary: "What a native tool asks for, for who was shown its address",
    params: idParameter,
    answer: nativeAskSchema,
    handle: ({ me, params }) => nativeView(ground, askOf(asks, params.id), me.person),
  });
}

export function nativeOptions(asks: NativeAsks, ground: NativeGround, actions: SignedActions) {
  return endpoint({
    summary: "What to sign to open the session of a native tool; a wrong number ends its asking",
    params: idParameter,
    body: z.strictObject({ number: z.number().int().min(0).max(99) }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const content = contentOf(asks, ground, params.id, me.person);
      if (asks.pick(params.id, body.number) !== "right") {
        const message =
          "That is not the number your tool shows, so nothing was opened. Start anew.";
        throw new ApiRefused(409, "changed", message);
      }
      const { text, options } = await actions.options(me, "native", content);
      return { text, options: { ...options } };
    },
  });
}

export function approveNative(asks: NativeAsks, ground: NativeGround, actions: SignedActions) {
  return endpoint({
    summary: "Open the session of a native tool by a signed act",
    params: idParameter,
    body: signedAnswer,
    answer: z.object({ session: z.string() }),
    handle: async ({ me, params, body }) => {
      const { content } = await actions.prove(me, "native", body);
      sameContent(content, contentOf(asks, ground, params.id, me.person));
      const session = await asks.approve(params.id, me.signIn.id, (ask) => {
        const target = targetOf(ground, ask, me.person);
        if (!target) throw notFound();
        // The act was signed this instant.
        return ground.access.openSession({ ...me, assertionAgeMs: 0 }, target.endpoint);
      });
      if (!session) throw notFound();
      return { session: session.claims.session };
    },
  });
}

export function refuseNative(asks: NativeAsks) {
  return endpoint({
    summary: "Refuse what a native tool asks for",
    params: idParameter,
    body: emptyBody,
    handle: ({ params }) => {
      if (!asks.refuse(params.id)) throw notFound();
    },
  });
}

function contentOf(asks: NativeAsks, ground: NativeGround, id: string, person: Person) {
  const ask = askOf(asks, id);
  const target = targetOf(ground, ask, person);
  if (!target) throw notFound();
  return askContent(ask, target.endpoint);
}

function askOf(asks: NativeAsks, id: string): NativeAsk {
  const ask = asks.get(id);
  if (!ask) throw notFound();
  return ask;
}
