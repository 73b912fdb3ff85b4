/**
 * Challenges: random, kept by digest, good for one answer, one purpose, one browser and five
 * minutes. Taking one deletes it, whatever the answer turns out to be worth.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import { addressKey } from "../legs/address-key.ts";
import {
  countChallenges,
  countOfBinding,
  deleteExpiredChallenges,
  deleteOldestChallenges,
  insertChallenge,
  takeChallenge,
} from "../store/challenges.ts";
import type { Store } from "../store/store.ts";
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
/**
 * Open challenges of all who are not signed in, some megabytes of database. A flood from many
 * addresses pushes out the oldest: whoever is slower than it begins again, and nobody is kept out.
 */
const STRANGERS_MAX = 20_000;
/** Pushed out at once: so many more come before the oldest are looked for again. */
const PUSHED_OUT = 500;
/** Open challenges of one sign-in: a person clicks in a few tabs. */
const PER_SIGN_IN_MAX = 200;
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
    const bound = hashToken(binding);
    await this.makeRoom(purpose, bound, addressKey(address));
    await insertChallenge(this.store.queries, {
      hash: hashToken(Buffer.from(challenge).toString("base64url")),
      purpose,
      binding: bound,
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

  /** Whoever is signed in has room of their own: strangers never keep anybody from a signed act. */
  private async makeRoom(purpose: Purpose, bound: string, address: string): Promise<void> {
    const { queries } = this.store;
    if (!STRANGERS.includes(purpose)) {
      const own = await countOfBinding(queries, address, bound);
      if (own >= PER_SIGN_IN_MAX) throw tooMany();
      return;
    }
    const open = await countChallenges(queries, STRANGERS, address);
    if (open.fromAddress >= PER_ADDRESS_MAX) throw tooMany();
    if (open.all >= STRANGERS_MAX) await deleteOldestChallenges(queries, STRANGERS, PUSHED_OUT);
  }

  private async purge(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.purgedMs < PURGE_EVERY_MS) return;
    this.purgedMs = nowMs;
    await deleteExpiredChallenges(this.store.queries, this.clock.wallMs());
  }
}

/** Asked for by people who are not signed in. */
const STRANGERS: readonly Purpose[] = ["enrolment", "sign-in"];

function tooMany(): IdentityRefused {
  return new IdentityRefused("rate-limited", "too many open challenges", PURGE_EVERY_MS);
}

/** What a challenge is bound to, told apart by their first word. */
export const bindingTo = {
  browser: (browserId: string) => `browser ${browserId}`,
  link: (linkHash: string, browserId: string) => `link ${linkHash} ${browserId}`,
  signIn: (signInId: string) => `sign-in ${signInId}`,
};
