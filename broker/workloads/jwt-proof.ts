/**
 * Tokens by which workloads prove themselves: JWT-SVIDs of a trust domain, tokens of a cluster or a
 * CI service. What a token says of keys (`jku`, `x5u`, `jwk`, `x5c`) is never looked at; its `alg`
 * must be one of its issuer's, all of them of public keys.
 */
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { Clock } from "../clock.ts";
import {
  ALGORITHMS,
  type Proof,
  type TokenIssuer,
  type TrustDomain,
  type WorkloadConfig,
} from "./model.ts";
import { parseSpiffeId } from "./spiffe-id.ts";
import type { UsedTokens } from "./used-tokens.ts";

export type TokenRead =
  | { readonly kind: "token"; readonly proof: Proof; readonly claims: JWTPayload }
  /** In a few words, for the log; never the token. */
  | { readonly kind: "refused"; readonly why: string };

export interface TokenGround {
  readonly clock: Clock;
  /** The broker's own address: what a token names that is meant for it. */
  readonly audience: string;
  readonly used: UsedTokens;
  keysOf(issuer: TokenIssuer, kid: string | undefined): Promise<readonly JWK[]>;
}

/** Those of clusters have some claims more than a kilobyte. */
export const TOKEN_LENGTH_MAX = 8_192;
const KID_LENGTH_MAX = 200;
/** Clocks of two machines that both keep time. */
const AHEAD_S = 15;
/** JWT-SVID, section 3: as `typ`, where it is there at all. */
const TYPES: readonly (string | undefined)[] = [undefined, "JWT", "JOSE", "at+jwt"];

export async function readToken(
  token: string,
  config: WorkloadConfig,
  ground: TokenGround,
): Promise<TokenRead> {
  const said = saidBy(token);
  if (!said) return refused("it is not a token");
  const { header, iss, sub } = said;
  if (!TYPES.includes(header.typ)) return refused("it is another kind of token");
  const issuer = config.issuers.find((each) => each.issuer === iss);
  if (issuer) return ofIssuer(token, header.kid, issuer, ground);
  const id = parseSpiffeId(sub);
  const domain = id && config.domains.find((each) => each.domain === id.domain);
  if (id && domain && id.path !== "") return jwtSvid(token, domain, ground);
  return refused("its issuer is not known here");
}

function refused(why: string): TokenRead {
  return { kind: "refused", why };
}

/** Nothing of it is believed yet: it chooses by what it will be judged. */
function saidBy(token: string) {
  if (token.length > TOKEN_LENGTH_MAX) return undefined;
  try {
    const header = decodeProtectedHeader(token);
    const { iss = "", sub = "" } = decodeJwt(token);
    const { kid } = header;
    if (kid !== undefined && (typeof kid !== "string" || kid.length > KID_LENGTH_MAX)) return;
    return { header: { kid, typ: header.typ }, iss, sub: String(sub) };
  } catch {
    return undefined;
  }
}

async function ofIssuer(
  token: string,
  kid: string | undefined,
  issuer: TokenIssuer,
  ground: TokenGround,
): Promise<TokenRead> {
  const { clock, used } = ground;
  const keys = await ground.keysOf(issuer, kid);
  const verified = await verify(token, keys, clock, {
    algorithms: issuer.algorithms,
    issuer: issuer.issuer,
    audience: issuer.audience ?? ground.audience,
    maxTokenAge: issuer.ageMaxMs / 1_000,
    requiredClaims: ["exp", "iat", "sub", ...(issuer.once ? ["jti"] : [])],
  });
  if (verified.kind === "refused") return verified;
  const { claims, key } = verified;
  const endsMs = (claims.exp ?? 0) * 1_000;
  if (issuer.once && !used.once(`${issuer.issuer} ${claims.jti}`, endsMs + AHEAD_S * 1_000)) {
    return refused(`a token of ${claims.sub} was used a second time`);
  }
  const identity = `${issuer.issuer} subject ${claims.sub}`;
  const proof = { kind: "jwt", identity, trust: issuer.issuer, anchor: key, endsMs } as const;
  return { kind: "token", proof, claims };
}

/** JWT-SVID, section 4: by the keys of its trust domain's bundle. */
async function jwtSvid(
  token: string,
  { domain, bundle }: TrustDomain,
  { clock, audience }: TokenGround,
): Promise<TokenRead> {
  const verified = await verify(token, bundle.keys, clock, {
    algorithms: ALGORITHMS.filter((each) => each !== "EdDSA"),
    audience,
    requiredClaims: ["exp", "sub", "aud"],
  });
  if (verified.kind === "refused") return verified;
  const { claims, key } = verified;
  const identity = claims.sub ?? "";
  const endsMs = (claims.exp ?? 0) * 1_000;
  const proof = { kind: "jwt", identity, trust: domain, anchor: key, endsMs } as const;
  return { kind: "token", proof, claims };
}

interface Terms {
  readonly algorithms: readonly string[];
  readonly audience: string;
  readonly issuer?: string;
  /** Seconds. */
  readonly maxTokenAge?: number;
  readonly requiredClaims: readonly string[];
}

async function verify(
  token: string,
  keys: readonly JWK[],
  clock: Clock,
  { algorithms, requiredClaims, ...terms }: Terms,
) {
  try {
    const { payload, protectedHeader } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: [...keys] }),
      {
        ...terms,
        algorithms: [...algorithms],
        requiredClaims: [...requiredClaims],
        clockTolerance: AHEAD_S,
        currentDate: new Date(clock.wallMs()),
      },
    );
    const key = protectedHeader.kid ?? "";
    return { kind: "verified", claims: payload, key } as const;
  } catch (error) {
    return { kind: "refused", why: reasonOf(error) } as const;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "the token has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the token's ${error.claim} is not what is asked for`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not taken";
  if (error instanceof errors.JWKSNoMatchingKey) return "no key of its issuer fits the token";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "the token does not name its key";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token is forged";
  return "the token cannot be verified";
}
