/** Whose account at an identity provider is whose here. */
import { z } from "zod";
import { FRESH_MS, type People, type SignedIn } from "../../identity/identity.ts";
import type { ActionContent, SignedActions } from "../../identity/signed-actions.ts";
import type { ThroughProvider } from "../../identity/through-provider.ts";
import type { ProviderDesk } from "../../providers/provider-desk.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { accountName, accountsSchema, providerAddressSchema } from "../shapes/providers.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { sameContent, signedAnswer } from "../signed-action.ts";
import { addressOf } from "./go-through.ts";

export interface AccountGround {
  readonly desk: ProviderDesk;
  readonly through: ThroughProvider;
  readonly people: Pick<People, "get">;
  readonly actions: SignedActions;
}

export function listOwnAccounts(ground: AccountGround) {
  return endpoint({
    summary: "My accounts at identity providers",
    answer: accountsSchema,
    handle: ({ me }) => accountsOf(ground, me.person.id),
  });
}

export function linkOwnAccount({ desk }: AccountGround) {
  return endpoint({
    summary: "Begin to link one: where the browser goes; needs a fresh assertion",
    params: idParameter,
    body: emptyBody,
    answer: providerAddressSchema,
    handle: async ({ me, params, browser, origin }) => {
      checkFresh(me);
      return addressOf(desk, await desk.begin(params.id, browser, origin, me));
    },
  });
}

export function unlinkOwnAccount({ through }: AccountGround) {
  return endpoint({
    summary: "Unlink one, and end what was begun through it; needs a fresh assertion",
    body: accountName,
    handle: async ({ me, body }) => {
      checkFresh(me);
      await through.unlink(me, me.person.id, body);
    },
  });
}

export function listAccounts(ground: AccountGround) {
  return endpoint({
    summary: "A person's accounts at identity providers",
    params: idParameter,
    answer: accountsSchema,
    handle: async ({ params }) => {
      if (!(await ground.people.get(params.id))) throw notFound();
      return accountsOf(ground, params.id);
    },
  });
}

const act = z.enum(["link-account", "unlink-account"]);

export function accountOptions(ground: AccountGround) {
  return endpoint({
    summary: "What to sign to link an account at a provider to a person, or to unlink it",
    params: idParameter,
    body: accountName.extend({ act }),
    answer: actionToSignSchema,
    handle: async ({ me, params, body }) => {
      const content = await contentOf(ground, params.id, body);
      const { text, options } = await ground.actions.options(me, "account", content);
      return { text, options: { ...options } };
    },
  });
}

export function changeAccount(ground: AccountGround) {
  return endpoint({
    summary: "Link or unlink an account of a person by a signed act",
    params: idParameter,
    body: signedAnswer,
    answer: accountsSchema,
    handle: async ({ me, params, body }) => {
      const { content } = await ground.actions.prove(me, "account", body);
      const { act: what, issuer, subject } = content;
      const signed = { act: act.parse(what), issuer: String(issuer), subject: String(subject) };
      sameContent(content, await contentOf(ground, params.id, signed));
      const account = { issuer: signed.issuer, subject: signed.subject };
      const { through } = ground;
      if (signed.act === "link-account") await through.link(me, params.id, account);
      else await through.unlink(me, params.id, account);
      return accountsOf(ground, params.id);
    },
  });
}

/** With the person's name: it is what the administrator reads. */
async function contentOf(
  { people, through }: AccountGround,
  personId: string,
  wanted: { readonly act: string; readonly issuer: string; readonly subject: string },
): Promise<ActionContent> {
  const person = await people.get(personId);
  if (!person) throw notFound();
  const provider = through.nameOf(wanted.issuer);
  return { ...wanted, provider, person: person.id, name: person.name };
}

async function accountsOf({ desk, through }: AccountGround, personId: string) {
  const accounts = await through.accountsOf(personId);
  return {
    accounts: accounts.map(({ issuer, subject, linkedMs }) => ({
      ...{ provider: through.nameOf(issuer), issuer, subject, linkedMs },
    })),
    providers: desk.list().map(({ id, name, issuer }) => ({ id, name, issuer })),
  };
}

/** @throws ApiRefused step-up-required */
function checkFresh(me: SignedIn): void {
  if (me.assertionAgeMs <= FRESH_MS) return;
  const message = "Confirm with your passkey to change how you sign in.";
  throw new ApiRefused(403, "step-up-required", message);
}
