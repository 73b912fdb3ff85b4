/** Tokens of programs: one's own, and for administrators everybody's; listed and revoked. */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { ApiTokens } from "../../identity/api-tokens.ts";
import type { People } from "../../identity/identity.ts";
import type { ApiToken } from "../../store/api-tokens.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { type ApiTokenView, apiTokenSchema } from "../shapes/tokens.ts";
import { tokenMarks } from "./token-marks.ts";

export interface TokenGround {
  readonly tokens: Pick<ApiTokens, "list" | "revoke">;
  readonly people: Pick<People, "list">;
  readonly clock: Clock;
}

export function listOwnTokens({ tokens, clock }: TokenGround) {
  return endpoint({
    summary: "Tokens by which programs use the API for me",
    answer: z.array(apiTokenSchema),
    handle: async ({ me: { person } }) => {
      const own = await tokens.list(person.id);
      return own.filter(counts(clock)).map((token) => viewOf(token, person.name, clock));
    },
  });
}

export function listTokens({ tokens, people, clock }: TokenGround) {
  return endpoint({
    summary: "Tokens by which programs use the API for somebody",
    answer: z.array(apiTokenSchema),
    handle: async () => {
      const names = new Map((await people.list()).map(({ id, name }) => [id, name]));
      const all = (await tokens.list()).filter(counts(clock));
      return all.map((token) => viewOf(token, names.get(token.personId) ?? "", clock));
    },
  });
}

export function revokeOwnToken({ tokens }: TokenGround) {
  return endpoint({
    summary: "End one of my tokens at once",
    params: idParameter,
    handle: ({ me: { person }, params }) => tokens.revoke(params.id, person, person.id),
  });
}

export function revokeToken({ tokens }: TokenGround) {
  return endpoint({
    summary: "End somebody's token at once",
    params: idParameter,
    handle: ({ me, params }) => tokens.revoke(params.id, me.person),
  });
}

function counts(clock: Clock) {
  return ({ expiresMs }: ApiToken) => expiresMs > clock.wallMs();
}

function viewOf(token: ApiToken, personName: string, clock: Clock): ApiTokenView {
  const { id, name, personId, rights, assets, createdMs, expiresMs, usedMs } = token;
  return {
    ...{ id, name, personId, personName, rights: [...rights], createdMs, expiresMs },
    assets: assets ? [...assets] : null,
    bound: token.keyThumbprint !== undefined,
    lastUsedMs: usedMs,
    marks: tokenMarks(token, clock.wallMs()),
  };
}
