/**
 * What identity providers said is over. A sign-in that was proved before that is covered by it, and
 * one that was proved later never is: the same token played again ends nothing more.
 */
import type { Clock } from "../clock.ts";
import type { ProviderProof } from "../store/model.ts";

/** Names a person there, one of their sessions there, or both. */
export interface ProviderLogout {
  readonly issuer: string;
  readonly subject: string | undefined;
  readonly sid: string | undefined;
  /** In seconds by the provider's clock. */
  readonly issuedS: number;
  readonly jti: string;
}

/** Longer than it takes from the provider's word to a sign-in, and than such a token is taken. */
const REMEMBERED_MS = 15 * 60_000;
/** A provider that ends everybody's sessions; some megabytes. */
const REMEMBERED_MAX = 10_000;

export class ProviderLogouts {
  private readonly clock: Clock;
  /** In the order they came. */
  private readonly known = new Map<
    string,
    { readonly of: ProviderLogout; readonly atMs: number }
  >();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns false where the very same was heard before */
  hear(logout: ProviderLogout): boolean {
    this.forgetOld();
    const key = `${logout.issuer} ${logout.jti}`;
    if (this.known.has(key)) return false;
    this.known.set(key, { of: logout, atMs: this.clock.monotonicMs() });
    return true;
  }

  /** What was not carried out may come again. */
  forget({ issuer, jti }: ProviderLogout): void {
    this.known.delete(`${issuer} ${jti}`);
  }

  isOver(proof: ProviderProof): boolean {
    return [...this.known.values()].some(({ of }) => covers(of, proof));
  }

  private forgetOld(): void {
    const oldMs = this.clock.monotonicMs() - REMEMBERED_MS;
    for (const [key, { atMs }] of this.known) {
      if (atMs > oldMs && this.known.size < REMEMBERED_MAX) return;
      this.known.delete(key);
    }
  }
}

export function covers(logout: ProviderLogout, proof: ProviderProof): boolean {
  if (logout.issuer !== proof.issuer || proof.issuedS > logout.issuedS) return false;
  if (logout.subject !== undefined && logout.subject !== proof.subject) return false;
  if (logout.sid !== undefined && proof.sid !== undefined) return logout.sid === proof.sid;
  // Which session it was made in is not known: it may be this one.
  return logout.subject !== undefined;
}
