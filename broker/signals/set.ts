/**
 * A security event token (RFC 8417) of one transmitter: typed, signed by a key of its own in an
 * algorithm of public keys, meant for this broker, young, and about exactly one event. What a
 * token says of keys (`jku`, `x5u`, `jwk`, `x5c`) is never looked at.
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, type JWK, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { readEvent, type SignalEvent } from "./event-types.ts";
import { readSubject, type SignalSubject } from "./subject.ts";
import type { Transmitter } from "./transmitter.ts";

/** RFC 8935, section 2.4. */
export type SetFault =
  | "invalid_request"
  | "invalid_key"
  | "invalid_issuer"
  | "invalid_audience"
  | "authentication_failed";

export interface SecurityEvent {
  readonly jti: string;
  /** Of several tokens that one act led to. */
  readonly transaction: string | undefined;
  readonly event: SignalEvent;
  readonly subject: SignalSubject | undefined;
}

export type SetRead =
  | { readonly kind: "set"; readonly set: SecurityEvent }
  | { readonly kind: "refused"; readonly fault: SetFault; readonly why: string };

export interface SetGround {
  readonly clock: Clock;
  /** The broker's own address. */
  readonly audience: string;
  keysOf(transmitter: Transmitter, kid: string | undefined): Promise<readonly JWK[]>;
}

/** One event about one person; those of products are some kilobytes at most. */
export const SET_LENGTH_MAX = 16_384;
const ID_MAX = 200;
/** Clocks of two machines that both keep time. */
export const AHEAD_S = 30;

const claims = z.looseObject({
  jti: z.string().min(1).max(ID_MAX),
  iat: z.number(),
  txn: z.string().max(ID_MAX).optional(),
  events: z.record(z.string().max(ID_MAX), z.unknown()),
  sub_id: z.unknown().optional(),
});

export async function readSet(
  token: string,
  transmitter: Transmitter,
  ground: SetGround,
): Promise<SetRead> {
  if (token.length > SET_LENGTH_MAX) return refused("invalid_request", "it is too long");
  const kid = kidOf(token);
  if (kid === null) return refused("invalid_request", "it is no security event token");
  const verified = await verify(token, kid, transmitter, ground);
  if ("fault" in verified) return verified;
  const parsed = claims.safeParse(verified.payload);
  if (!parsed.success) return refused("invalid_request", "its claims are not those of an event");
  const { jti, txn, events, sub_id } = parsed.data;
  const all = Object.entries(events);
  const [one] = all;
  if (!one || all.length > 1) return refused("invalid_request", "it is not about one event");
  const [uri, payload] = one;
  const event = readEvent(uri, payload);
  if (!event) return refused("invalid_request", "its event is not as its type says");
  const subject = readSubject(sub_id ?? inside(payload, "subject"));
  return { kind: "set", set: { jti, transaction: txn, event, subject } };
}

/** Before the framework had `sub_id`, the subject stood in the event. */
function inside(payload: unknown, key: string): unknown {
  return typeof payload === "object" && payload !== null && key in payload
    ? (payload as Record<string, unknown>)[key]
    : undefined;
}

/** Null where it is no token at all. */
function kidOf(token: string): string | undefined | null {
  try {
    const { kid } = decodeProtectedHeader(token);
    return kid !== undefined && (typeof kid !== "string" || kid.length > ID_MAX) ? null : kid;
  } catch {
    return null;
  }
}

async function verify(
  token: string,
  kid: string | undefined,
  transmitter: Transmitter,
  { clock, audience, keysOf }: SetGround,
) {
  const { issuer, algorithms, ageMaxMs } = transmitter;
  try {
    const keys = await keysOf(transmitter, kid);
    return await jwtVerify(token, createLocalJWKSet({ keys: [...keys] }), {
      ...{ issuer, typ: "secevent+jwt", audience: transmitter.audience ?? audience },
      algorithms: [...algorithms],
      requiredClaims: ["iat", "jti", "events"],
      maxTokenAge: ageMaxMs / 1_000,
      clockTolerance: AHEAD_S,
      currentDate: new Date(clock.wallMs()),
    });
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): SetRead & { readonly kind: "refused" } {
  if (error instanceof errors.JWTExpired) return refused("invalid_request", "it is stale");
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "iss") return refused("invalid_issuer", "its issuer is another one");
    if (error.claim === "aud") return refused("invalid_audience", "it is meant for somebody else");
    if (error.claim === "typ") return refused("invalid_request", "it is another kind of token");
    return refused("invalid_request", `its ${error.claim} is not what is asked for`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refused("invalid_key", "its algorithm is not taken");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return refused("invalid_key", "it is forged");
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return refused("invalid_key", "no key of its issuer fits it");
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    return refused("invalid_key", "it does not name its key");
  }
  if (error instanceof errors.JOSEError) {
    return refused("invalid_request", "it is no security event token");
  }
  throw error;
}

function refused(fault: SetFault, why: string): SetRead & { readonly kind: "refused" } {
  return { kind: "refused", fault, why };
}
