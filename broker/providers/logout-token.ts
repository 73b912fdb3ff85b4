/** A provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0). */
import { decodeProtectedHeader } from "jose";
import { z } from "zod";
import type { ProviderLogout } from "../identity/provider-logouts.ts";
import { AnswerRefused, type ProviderClient } from "./provider-client.ts";

/** Section 2.4. */
const EVENT = "http://schemas.openid.net/event/backchannel-logout";
/** Providers send them at once; section 2.4 asks for minutes at most. */
const AGE_MAX = "2 minutes";
const TEXT_MAX = 255;
/** Section 2.4 recommends the first; many send the second, or none. */
const TYPES = new Set(["logout+jwt", "jwt"]);
export const LOGOUT_TOKEN_MAX = 8_192;

const name = z.string().min(1).max(TEXT_MAX).optional();
const claims = z.looseObject({
  iat: z.number(),
  jti: z.string().min(1).max(TEXT_MAX),
  sub: name,
  sid: name,
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
  // Section 2.4: a token that has one is an ID token.
  nonce: z.undefined().optional(),
});

/** @throws AnswerRefused, ProviderAway */
export async function readLogoutToken(
  token: string,
  client: ProviderClient,
): Promise<ProviderLogout> {
  if (token.length > LOGOUT_TOKEN_MAX || !isOfKind(token)) {
    throw new AnswerRefused("it is no logout token");
  }
  const payload = await client.verify(token, {
    requiredClaims: ["iat", "jti"],
    maxTokenAge: AGE_MAX,
  });
  const read = claims.safeParse(payload);
  if (!read.success) throw new AnswerRefused("it is no logout token");
  const { iat, jti, sub, sid } = read.data;
  if (sub === undefined && sid === undefined) throw new AnswerRefused("it names nobody");
  return { issuer: client.provider.issuer, subject: sub, sid, issuedS: iat, jti };
}

function isOfKind(token: string): boolean {
  try {
    const { typ } = decodeProtectedHeader(token);
    return typ === undefined || TYPES.has(typ.toLowerCase());
  } catch {
    return false;
  }
}
