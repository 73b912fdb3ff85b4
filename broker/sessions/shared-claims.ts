/**
 * Sessions on one endpoint by one profile differ in little. Each permit brings its own copy of
 * both, with every tag and rule; kept once, hundreds of sessions cost less memory, and what is
 * compiled of them is compiled once.
 */
import { createHash } from "node:crypto";
import type { VerifiedClaims } from "../access/permits.ts";

/** Endpoints and profiles in use at a time; more are kept apart, as if they were not alike. */
const KEPT_MAX = 256;

export class SharedClaims {
  private readonly kept = new Map<string, object>();

  /** The same claims; profile and endpoint are those of earlier claims where they are equal. */
  of(claims: VerifiedClaims): VerifiedClaims {
    const profile = this.one(claims.profile);
    const endpoint = this.one(claims.endpoint);
    return { ...claims, profile, endpoint };
  }

  private one<T extends object>(value: T): T {
    const key = createHash("sha256").update(JSON.stringify(value)).digest("base64");
    const known = this.kept.get(key);
    if (known) return known as T;
    if (this.kept.size >= KEPT_MAX) this.forgetOldest();
    this.kept.set(key, value);
    return value;
  }

  private forgetOldest(): void {
    for (const oldest of this.kept.keys()) {
      this.kept.delete(oldest);
      return;
    }
  }
}
