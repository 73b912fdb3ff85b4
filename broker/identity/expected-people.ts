/**
 * Whom an identity provider sent here, for some minutes: not a sign-in, and of no use without the
 * passkey of that very person in that very browser. Kept by the digest of a token that the browser
 * holds; after a restart one simply begins anew.
 */
import type { Clock } from "../clock.ts";
import type { ProviderProof } from "../store/model.ts";
import { hashToken, newToken } from "./token.ts";

export interface ExpectedPerson {
  readonly personId: string;
  readonly proof: ProviderProof;
}

/** To read one sentence and touch a key. */
export const EXPECTED_MS = 5 * 60_000;
/** Each stands for a proof of a provider: a whole site in one morning. */
const EXPECTED_MAX = 5_000;

export class ExpectedPeople {
  private readonly clock: Clock;
  /** In the order they came. */
  private readonly waiting = new Map<
    string,
    ExpectedPerson & { browserId: string; endsMs: number }
  >();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns the token for the browser's cookie */
  expect(expected: ExpectedPerson, browserId: string): string {
    const nowMs = this.clock.monotonicMs();
    for (const [key, { endsMs }] of this.waiting) {
      if (endsMs > nowMs && this.waiting.size < EXPECTED_MAX) break;
      this.waiting.delete(key);
    }
    const token = newToken();
    this.waiting.set(hashToken(token), { ...expected, browserId, endsMs: nowMs + EXPECTED_MS });
    return token;
  }

  find(token: string, browserId: string): ExpectedPerson | undefined {
    const found = this.waiting.get(hashToken(token));
    if (!found || found.browserId !== browserId) return undefined;
    return found.endsMs > this.clock.monotonicMs() ? found : undefined;
  }

  forget(token: string): void {
    this.waiting.delete(hashToken(token));
  }
}
