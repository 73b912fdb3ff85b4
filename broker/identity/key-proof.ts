/**
 * Proof of possession of a machine's key with each request (RFC 9449): a token that was copied
 * without the key is worth nothing, and a proof that was overheard works for nothing else and not
 * twice.
 */
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { hashToken } from "./token.ts";

/** What a request shows, and what it must be for. */
export interface KeyedRequest {
  /** Absent where there is none yet: when it is asked for. */
  readonly token?: string;
  /** A JWS of type `dpop+jwt`. */
  readonly proof: string;
  readonly method: string;
  /** Without its query. */
  readonly url: string;
  readonly address: string;
}

/** A key of this kind alone, and this algorithm alone: nothing to choose, nothing to confuse. */
const ALGORITHM = "ES256";
/** Between machine and broker; the command corrects its own clock by the broker's `Date`. */
const AGE_MAX_S = 60;
/** Clocks of two machines that both keep time. */
const AHEAD_S = 15;
const PROOF_LENGTH_MAX = 2_048;
/** Proofs remembered until they are too old: a command of each of some hundred people, all busy. */
const SEEN_MAX = 100_000;

const claims = z.looseObject({
  jti: z.string().min(8).max(100),
  htm: z.string(),
  htu: z.string(),
  ath: z.string().optional(),
});

/** A public key as a machine shows it. */
export const machineKey = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string().regex(/^[\w-]{43}$/),
  y: z.string().regex(/^[\w-]{43}$/),
});
export type MachineKey = z.infer<typeof machineKey>;

export function thumbprintOf(key: MachineKey): Promise<string> {
  return calculateJwkThumbprint(key);
}

export type KeyProved =
  | { readonly kind: "proved"; readonly thumbprint: string }
  /** `stale`: of another time, which a clock that is wrong explains. */
  | { readonly kind: "stale" | "used" | "invalid" };

export class KeyProofs {
  private readonly clock: Clock;
  /** By key and id, with the time until which it would still be young enough. */
  private readonly seen = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** By which key the request is made. */
  async check({ proof, token, method, url }: KeyedRequest): Promise<KeyProved> {
    const read = await this.verified(proof);
    if (typeof read === "string") return { kind: read };
    const { said, thumbprint } = read;
    if (said.htm !== method || said.htu !== url) return { kind: "invalid" };
    if (token !== undefined && said.ath !== hashToken(token)) return { kind: "invalid" };
    return this.once(`${thumbprint} ${said.jti}`)
      ? { kind: "proved", thumbprint }
      : { kind: "used" };
  }

  private async verified(proof: string) {
    if (proof.length > PROOF_LENGTH_MAX) return "invalid";
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        algorithms: [ALGORITHM],
        typ: "dpop+jwt",
        currentDate: new Date(this.clock.wallMs()),
        requiredClaims: ["iat"],
      });
      const key = machineKey.parse(protectedHeader.jwk satisfies JWK | undefined);
      if (!this.isOfNow(payload.iat ?? 0)) return "stale";
      return { said: claims.parse(payload), thumbprint: await thumbprintOf(key) };
    } catch {
      return "invalid";
    }
  }

  private isOfNow(issuedS: number): boolean {
    const ageS = this.clock.wallMs() / 1_000 - issuedS;
    return ageS <= AGE_MAX_S && ageS >= -AHEAD_S;
  }

  /** False for one that was shown before; also where no more can be remembered. */
  private once(name: string): boolean {
    const nowMs = this.clock.monotonicMs();
    for (const [old, untilMs] of this.seen) {
      if (untilMs > nowMs) break;
      this.seen.delete(old);
    }
    if (this.seen.has(name) || this.seen.size >= SEEN_MAX) return false;
    this.seen.set(name, nowMs + (AGE_MAX_S + AHEAD_S) * 1_000);
    return true;
  }
}
