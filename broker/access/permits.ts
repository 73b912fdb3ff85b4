/**
 * Minting and opening permits. Nothing else makes or reads a `Permit`.
 *
 * The signed text is canonical JSON (keys sorted, no spaces): equal claims give equal text.
 */
import { type KeyObject, sign, verify } from "node:crypto";
import type { Permit, PermitClaims } from "./permit.ts";

declare const verified: unique symbol;

/** Claims whose signature and expiry were checked: what `sessions/` works and dials with. */
export type VerifiedClaims = PermitClaims & { readonly [verified]: true };

export type Verification =
  | { readonly kind: "valid"; readonly claims: VerifiedClaims }
  /** Altered, signed by another key, or no permit at all. */
  | { readonly kind: "invalid" }
  /** Genuine, but `expiresMs` or the session's own end has passed. */
  | { readonly kind: "expired" };

/** @param privateKey Ed25519. */
export function mintPermit(claims: PermitClaims, privateKey: KeyObject): Permit {
  const text = canonicalJson(claims);
  const signature = sign(null, Buffer.from(text), privateKey).toString("base64url");
  return { claims: text, signature } as Permit;
}

/** @param publicKey Ed25519. Never throws on what came from outside. */
export function verifyPermit(permit: Permit, publicKey: KeyObject, nowMs: number): Verification {
  if (!signatureHolds(permit, publicKey)) return { kind: "invalid" };
  const claims = JSON.parse(permit.claims) as VerifiedClaims;
  const dead = nowMs >= claims.expiresMs || nowMs >= claims.limits.untilMs;
  return dead ? { kind: "expired" } : { kind: "valid", claims };
}

function signatureHolds(permit: Permit, publicKey: KeyObject): boolean {
  if (typeof permit.claims !== "string" || typeof permit.signature !== "string") return false;
  const signature = Buffer.from(permit.signature, "base64url");
  return verify(null, Buffer.from(permit.claims), publicKey, signature);
}

/** Same value, same text, whatever order its keys were written in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
