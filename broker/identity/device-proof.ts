/**
 * Proof that a request comes from the device whose key its sign-in is bound to. The broker gives
 * out a challenge for one sign-in; the browser signs it, together with what it asks for, by a key
 * that no script and no copy of its cookies can take out of it:
 *
 *     { typ: "sallyport-device+jwt", alg: "ES256", jwk } . { challenge, htm, htu, body }
 *
 * `htm` and `htu` as in RFC 9449; `body` is the SHA-256 (base64url) of the body as it was sent.
 * A challenge is good once, for a minute, and for nobody else's sign-in.
 */
import { createHash } from "node:crypto";
import { EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { machineKey, thumbprintOf } from "./key-proof.ts";
import { newToken } from "./token.ts";

/** What was shown, and what it must be for. */
export interface DeviceShown {
  readonly proof: string;
  readonly method: string;
  /** Without its query. */
  readonly url: string;
}

export interface DeviceProved {
  readonly thumbprint: string;
  readonly challenge: string;
  /** Empty where the request has no body. */
  readonly body: string;
  /** As the browser calls itself; nothing proves it. */
  readonly name: string;
}

export const DEVICE_PROOF_TYPE = "sallyport-device+jwt";
const ALGORITHM = "ES256";
const PROOF_LENGTH_MAX = 2_048;
const NAME_LENGTH_MAX = 200;

const claims = z.looseObject({
  challenge: z.string().min(8).max(128),
  htm: z.string(),
  htu: z.string(),
  body: z.string().max(64).default(""),
  name: z.string().max(NAME_LENGTH_MAX).default(""),
});

/** Undefined for whatever is not such a proof of exactly this request. */
export async function readDeviceProof({
  proof,
  method,
  url,
}: DeviceShown): Promise<DeviceProved | undefined> {
  if (proof.length > PROOF_LENGTH_MAX) return undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: [ALGORITHM],
      typ: DEVICE_PROOF_TYPE,
    });
    const { challenge, htm, htu, body, name } = claims.parse(payload);
    if (htm !== method || htu !== url) return undefined;
    const key = machineKey.parse(protectedHeader.jwk satisfies JWK | undefined);
    return { thumbprint: await thumbprintOf(key), challenge, body, name };
  } catch {
    return undefined;
  }
}

/** Of a body that was parsed from JSON, as `JSON.stringify` wrote it; empty where there is none. */
export function bodyDigest(body: unknown): string {
  if (body === undefined || body === null) return "";
  return createHash("sha256").update(JSON.stringify(body)).digest("base64url");
}

/** To fetch one and sign; a person does nothing in between. */
const CHALLENGE_MS = 60_000;
/** Of one sign-in: what all its pages ask for at a time. The oldest goes first. */
const PER_SIGN_IN_MAX = 32;
/** Of all, some megabytes: sign-ins are few beside it. */
const ALL_MAX = 20_000;

interface Given {
  readonly signInId: string;
  readonly untilMs: number;
  used: boolean;
}

/** `stale`: too old, or from before a restart, which no attack need explain. */
export type Taken = "good" | "stale" | "used" | "of-another";

/** In memory: after a restart a page simply fetches another one. */
export class DeviceChallenges {
  private readonly clock: Clock;
  /** In the order they were given. */
  private readonly given = new Map<string, Given>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  give(signInId: string): string {
    const nowMs = this.clock.monotonicMs();
    const own: string[] = [];
    for (const [challenge, each] of this.given) {
      if (each.untilMs <= nowMs) this.given.delete(challenge);
      else if (each.signInId === signInId) own.push(challenge);
    }
    const [oldest] = this.given.keys();
    if (own.length >= PER_SIGN_IN_MAX) this.given.delete(own[0] ?? "");
    else if (this.given.size >= ALL_MAX && oldest !== undefined) this.given.delete(oldest);
    const challenge = newToken();
    this.given.set(challenge, { signInId, untilMs: nowMs + CHALLENGE_MS, used: false });
    return challenge;
  }

  /** Uses it up, whatever the answer; remembered as used for as long as it would have been good. */
  take(challenge: string, signInId: string): Taken {
    const given = this.given.get(challenge);
    if (!given) return "stale";
    const was = given.used;
    given.used = true;
    if (given.signInId !== signInId) return "of-another";
    if (was) return "used";
    return given.untilMs > this.clock.monotonicMs() ? "good" : "stale";
  }
}
