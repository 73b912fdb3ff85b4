import { z } from "zod";
import type { SignedActions } from "../../identity/signed-actions.ts";
import { askContent, type NativeAsk, type NativeAsks } from "../../native/native-asks.ts";
import type { Person } from "../../store/model.ts";
import type { NewSiteEvent, SiteEvents } from "../../store/site-events.ts";
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

const grantId = z.string().min(1).max(100);

/** Where what needs a person is told. */
export type Notes = Pick<SiteEvents, "record">;

export function nativeOptions(
  asks: NativeAsks,
  ground: NativeGround,
  actions: SignedActions,
  notes: Notes,
) {
  return endpoint({
    summary: "What to sign to open the session of a native tool; a wrong number ends its asking",
    params: idParameter,
    body: z.strictObject({
      number: z.number().int().min(0).max(99),
      /** Which rights, where several grants are live; the first otherwise. */
      grant: grantId.exactOptional(),
    }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const content = contentOf(asks, ground, params.id, me.person, body.grant);
      const ask = askOf(asks, params.id);
      if (asks.pick(params.id, body.number) !== "right") {
        await notes.record(eventOf("native:mismatched", ask, me.person, content.endpoint));
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
      const grant = grantId.parse(content.grant);
      sameContent(content, contentOf(asks, ground, params.id, me.person, grant));
      const session = await asks.approve(params.id, me.signIn.id, (ask) => {
        const target = targetOf(ground, ask, me.person);
        if (!target) throw notFound();
        // The act was signed this instant.
        return ground.access.openSession({ ...me, assertionAgeMs: 0 }, target.endpoint, grant);
      });
      if (!session) throw notFound();
      return { session: session.claims.session };
    },
  });
}

export function refuseNative(asks: NativeAsks, ground: NativeGround, notes: Notes) {
  return endpoint({
    summary: "Refuse what a native tool asks for",
    params: idParameter,
    body: emptyBody,
    handle: async ({ me, params }) => {
      const ask = askOf(asks, params.id);
      if (!asks.refuse(params.id)) throw notFound();
      const endpoint = targetOf(ground, ask, me.person)?.endpoint;
      await notes.record(eventOf("native:refused", ask, me.person, endpoint));
    },
  });
}

/** Somebody says that the tool is not theirs, or looked at another screen than the one that asks. */
function eventOf(
  kind: "native:refused" | "native:mismatched",
  { target, address, tool }: NativeAsk,
  { id, name }: Person,
  endpoint: unknown,
): NewSiteEvent {
  const did =
    kind === "native:refused"
      ? "says that they started nothing"
      : "picked another number than the tool shows";
  const text = `${name} ${did}: a tool from ${address} (${tool}) asks for "${plain(target)}".`;
  const about = { address, ...(typeof endpoint === "string" && { endpoint }) };
  return { kind, priority: "alarm", text, subject: id, about };
}

/** What was typed as a name, for a sentence. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, TARGET_SHOWN_MAX);
}

const TARGET_SHOWN_MAX = 80;

function contentOf(
  asks: NativeAsks,
  ground: NativeGround,
  id: string,
  person: Person,
  grantId: string | undefined,
) {
  const ask = askOf(asks, id);
  const target = targetOf(ground, ask, person);
  const grant = target?.grants.find((each) => each.id === (grantId ?? each.id));
  if (!target || !grant) throw notFound();
  return askContent(ask, target.endpoint, grant);
}

function askOf(asks: NativeAsks, id: string): NativeAsk {
  const ask = asks.get(id);
  if (!ask) throw notFound();
  return ask;
}
