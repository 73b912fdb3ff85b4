/** To an identity provider and back, before the passkey is asked for. */
import { z } from "zod";
import type { Begun, ProviderDesk } from "../../providers/provider-desk.ts";
import { publicEndpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import {
  providerAddressSchema,
  providersSchema,
  type ReturnedView,
  returnedSchema,
} from "../shapes/providers.ts";

/** Codes, states and what providers add. */
const QUERY_MAX = 8_192;
const NO_SUCH =
  "This site has no such identity provider, or has it no more. Begin on the sign-in page; if that does not help, ask an administrator of this site.";
const RETRY_MS = 60_000;
const WAIT =
  "This site asks for it, so wait until it is back; whoever is named for emergencies gets in with the passkey.";

export function listProviders(desk: ProviderDesk) {
  return publicEndpoint({
    summary: "Identity providers through which people may sign in here",
    answer: providersSchema,
    handle: () => ({
      providers: desk.list().map(({ id, name }) => ({ id, name })),
      required: desk.isRequired,
    }),
  });
}

export function beginThrough(desk: ProviderDesk) {
  return publicEndpoint({
    summary: "Begin to sign in through an identity provider: where the browser goes",
    params: idParameter,
    body: emptyBody,
    answer: providerAddressSchema,
    handle: async ({ params, browser, origin }) =>
      addressOf(desk, await desk.begin(params.id, browser, origin)),
  });
}

export function returnThrough(desk: ProviderDesk) {
  return publicEndpoint({
    summary: "What a browser brings back from an identity provider; the passkey comes next",
    params: idParameter,
    body: z.strictObject({ query: z.string().max(QUERY_MAX) }),
    answer: returnedSchema,
    handle: async (call): Promise<ReturnedView> => {
      const { id } = call.params;
      const provider = desk.list().find((each) => each.id === id)?.name ?? "";
      const returned = await desk.finish(id, call.body.query, call.browser);
      switch (returned.kind) {
        case "expected":
          call.expectPerson(returned.token);
          return { kind: "expected", provider, name: returned.person.name };
        case "linked":
          return { kind: "linked", provider };
        case "stale":
          throw new ApiRefused(
            409,
            "attempt-stale",
            "This attempt was begun in another browser, too long ago, or was used already. Begin again.",
          );
        case "nobody":
          throw new ApiRefused(
            403,
            "account-unknown",
            `${provider} knows you as ${returned.subject}, but nobody here has that account. Sign in with your passkey and link it on the Account page, or give exactly that name to an administrator of this site.`,
          );
        case "refused":
          throw new ApiRefused(
            403,
            "provider-refused",
            `What ${provider} answered does not prove who you are. Begin again; if it stays so, tell an administrator.`,
          );
        default:
          throw fault(desk, returned);
      }
    },
  });
}

/** @throws ApiRefused where the browser can go nowhere */
export function addressOf(desk: ProviderDesk, begun: Begun): { readonly url: string } {
  if (begun.kind === "go") return { url: begun.url };
  throw fault(desk, begun);
}

type Fault = Exclude<Begun, { readonly kind: "go" }>;

function fault(desk: ProviderDesk, begun: Fault): ApiRefused {
  if (begun.kind === "unknown") return new ApiRefused(404, "not-found", NO_SUCH);
  if (begun.kind === "away") {
    const next = desk.isRequired ? WAIT : "Sign in with your passkey alone.";
    return new ApiRefused(503, "provider-away", `${begun.name} does not answer now. ${next}`);
  }
  const message = "Too many people are on their way there. Wait a little, then try again.";
  return new ApiRefused(429, "rate-limited", message, RETRY_MS);
}
