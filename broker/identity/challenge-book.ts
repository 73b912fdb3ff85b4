/**
 * Challenges: random, kept by digest, good for one answer, one purpose, one browser and five
 * minutes. Taking one deletes it, whatever the answer turns out to be worth.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import {
  countChallenges,
  deleteExpiredChallenges,
  insertChallenge,
  takeChallenge,
} from "../store/challenges.ts";
import type { Store } from "../store/store.ts";
import { addressKey } from "./failure-limits.ts";
import { IdentityRefused } from "./identity.ts";
import { hashToken } from "./token.ts";

export type Purpose =
  | "enrolment"
  | "sign-in"
  | "step-up"
  | "add-passkey"
  /** Of a signed action; its challenge is the digest of what is signed. */
  | `action ${string}`;

/** SECURITY.md: at most five minutes. */
export const CHALLENGE_MS = 5 * 60_000;
/** Open challenges of one address: page loads of a whole office behind one router. */
const PER_ADDRESS_MAX = 200;
/** Open challenges of all: a flood stops here, some megabytes of database. */
const ALL_MAX = 20_000;
const PURGE_EVERY_MS = 60_000;
const CHALLENGE_BYTES = 32;

export class ChallengeBook {
  private readonly store: Store;
  private readonly clock: Clock;
  private purgedMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * @param binding what must be the same when the answer comes: a browser, a sign-in, a link
   * @param challenge random, unless it is the digest of what is signed (with a nonce in it)
   * @throws IdentityRefused rate-limited
   */
  async issue(
    purpose: Purpose,
    binding: string,
    address: string,
    challenge = Uint8Array.from(randomBytes(CHALLENGE_BYTES)),
  ): Promise<Uint8Array<ArrayBuffer>> {
    await this.purge();
    const open = await countChallenges(this.store.queries, addressKey(address));
    if (open.fromAddress >= PER_ADDRESS_MAX || open.all >= ALL_MAX) {
      throw new IdentityRefused("rate-limited", "too many open challenges", PURGE_EVERY_MS);
    }
    await insertChallenge(this.store.queries, {
      hash: hashToken(Buffer.from(challenge).toString("base64url")),
      purpose,
      binding: hashToken(binding),
      address: addressKey(address),
      expiresMs: this.clock.wallMs() + CHALLENGE_MS,
    });
    return challenge;
  }

  /** @throws IdentityRefused challenge-invalid */
  async take(challenge: string, purpose: Purpose, binding: string): Promise<void> {
    const taken = await takeChallenge(
      this.store.queries,
      { hash: hashToken(challenge), purpose, binding: hashToken(binding) },
      this.clock.wallMs(),
    );
    if (!taken) throw new IdentityRefused("challenge-invalid", `no such challenge for ${purpose}`);
  }

  private async purge(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.purgedMs < PURGE_EVERY_MS) return;
    this.purgedMs = nowMs;
    await deleteExpiredChallenges(this.store.queries, this.clock.wallMs());
  }
}

/** What a challenge is bound to, told apart by their first word. */
export const bindingTo = {
  browser: (browserId: string) => `browser ${browserId}`,
  link: (linkHash: string, browserId: string) => `link ${linkHash} ${browserId}`,
  signIn: (signInId: string) => `sign-in ${signInId}`,
};
