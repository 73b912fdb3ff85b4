/** Counting and recording failures at the door, so that guessing is slow and seen. */
import type { Clock } from "../clock.ts";
import { addressKey } from "../legs/address-key.ts";
import type { Passkey } from "../store/model.ts";
import type { Store } from "../store/store.ts";
import {
  ACCOUNT_LIMIT,
  ADDRESS_LIMIT,
  type FailureLimit,
  FailureLimits,
} from "./failure-limits.ts";
import { IdentityRefused } from "./identity.ts";

/**
 * Refusals recorded one by one, over all addresses; a distributed flood beyond it must not fill
 * the database. The one that reaches the limit says so.
 */
const RECORDED_LIMIT: FailureLimit = { failuresMax: 500, windowMs: 3_600_000 };

export class SignInFailures {
  private readonly store: Store;
  private readonly addresses: FailureLimits;
  private readonly accounts: FailureLimits;
  private readonly recorded: FailureLimits;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.addresses = new FailureLimits(clock, ADDRESS_LIMIT);
    this.accounts = new FailureLimits(clock, ACCOUNT_LIMIT);
    this.recorded = new FailureLimits(clock, RECORDED_LIMIT);
  }

  /** @throws IdentityRefused rate-limited */
  check(address: string, personId?: string): void {
    const waitMs = Math.max(
      this.addresses.waitMs(addressKey(address)) ?? 0,
      (personId && this.accounts.waitMs(personId)) || 0,
    );
    if (waitMs > 0) throw new IdentityRefused("rate-limited", "too many failures", waitMs);
  }

  /** Runs an attempt; a refusal counts against the address and is recorded. */
  async counting<T>(address: string, attempt: () => Promise<T>, personId?: string): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof IdentityRefused && error.code !== "rate-limited") {
        await this.refused(address, error, personId);
      }
      throw error;
    }
  }

  /** Runs the part of an attempt that is about one person: a refusal counts against them. */
  async ofAccount<T>(personId: string, attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof IdentityRefused && this.accounts.failed(personId)) {
        await this.store.log.record({
          kind: "sign-in:limited",
          priority: "alarm",
          text: "Too many failed attempts with the passkeys of one person; they wait now",
          subject: personId,
        });
      }
      throw error;
    }
  }

  /** A genuine assertion whose counter went back: raise the alarm, then refuse. */
  async alarm(error: unknown, passkey: Passkey): Promise<never> {
    if (error instanceof IdentityRefused && error.code === "passkey-counter") {
      await this.store.log.record({
        kind: "passkey:counter",
        priority: "alarm",
        text: `The passkey ${passkey.label} counts backwards: it may have been copied (${error.message})`,
        subject: passkey.personId,
      });
    }
    throw error;
  }

  private async refused(
    address: string,
    error: IdentityRefused,
    personId: string | undefined,
  ): Promise<void> {
    const limited = this.addresses.failed(addressKey(address));
    if (this.recorded.waitMs("all") !== undefined) return;
    const last = this.recorded.failed("all");
    await this.store.log.record({
      kind: limited ? "sign-in:limited" : "sign-in:refused",
      priority: limited || last ? "alarm" : "event",
      text: `Refused at the door: ${error.message}; from ${address}${limited ? "; it waits now" : ""}${last ? "; further ones are not recorded for a while" : ""}`,
      ...(personId !== undefined && { subject: personId }),
      about: { address },
    });
  }
}
