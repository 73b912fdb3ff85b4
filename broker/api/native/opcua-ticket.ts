/** A session for an OPC UA tool: opened by a signed act, entered with a ticket. */
import { z } from "zod";
import type { SignedActions } from "../../identity/signed-actions.ts";
import type { Native } from "../../native/open-native.ts";
import { newId } from "../../store/ids.ts";
import type { Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { notFound } from "../problem.ts";
import { opcuaTicketSchema } from "../shapes/native.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";
import type { NativeGround } from "./native-view.ts";

const name = z.string().min(1).max(200);

export function opcuaTicketOptions(ground: NativeGround, actions: SignedActions) {
  return endpoint({
    summary: "What to sign to open a session for an OPC UA tool",
    body: z.strictObject({
      endpoint: name,
      /** Which rights, where several grants are live; the first otherwise. */
      grant: name.exactOptional(),
    }),
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const target = targetOf(ground, body.endpoint, me.person, body.grant);
      const content = { act: "opcua-ticket", ask: newId(), ...target };
      const { text, options } = await actions.options(me, "native", content);
      return { text, options: { ...options } };
    },
  });
}

export function issueOpcuaTicket(
  ground: NativeGround,
  actions: SignedActions,
  { tickets, opcua }: Pick<Native, "tickets" | "opcua">,
) {
  return endpoint({
    summary: "Open a session for an OPC UA tool by a signed act; answers the ticket, once",
    body: signedAnswer,
    answer: opcuaTicketSchema,
    handle: async ({ me, body }) => {
      const { content } = await actions.prove(me, "native", body);
      if (content.act !== "opcua-ticket" || !opcua) throw notFound();
      const signed = { endpoint: name.parse(content.endpoint), grant: name.parse(content.grant) };
      const target = targetOf(ground, signed.endpoint, me.person, signed.grant);
      const thumbprint = await opcua.thumbprint();
      // The act was signed this instant.
      const fresh = { ...me, assertionAgeMs: 0 };
      const session = await ground.access.openSession(fresh, target.endpoint, target.grant);
      const issued = tickets.issue({
        ...{ session, signInId: me.signIn.id, endpoint: target.endpoint },
        handle: me.person.email,
      });
      return {
        ...issued,
        ...{ session: session.claims.session, port: opcua.port, thumbprint },
        ...{ path: target.endpoint, user: target.endpoint },
      };
    },
  });
}

/** What the person may open now; nothing else exists for them. */
function targetOf(ground: NativeGround, wanted: string, person: Person, grantId?: string) {
  const [assetId, endpointId] = wanted.split("/");
  const asset = ground.plant.current().assets.find(({ id }) => id === assetId);
  const found = asset?.endpoints.find(({ id }) => id === endpointId);
  if (!asset || found?.protocol !== "opcua") throw notFound();
  if (!ground.access.mayView(person, asset)) throw notFound();
  const grants = ground.access.liveGrants(person, wanted);
  const grant = grants.find(({ id }) => id === (grantId ?? id));
  if (!grant) throw notFound();
  return { endpoint: wanted, grant: grant.id };
}
