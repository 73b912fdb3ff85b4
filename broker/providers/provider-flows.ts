/**
 * People who were sent to a provider and have not come back yet. What they bring back is taken
 * once, within minutes, by the browser that was sent, at the provider it was sent to.
 */
import type { Clock } from "../clock.ts";
import { hashToken, newToken } from "../identity/token.ts";
import { addressKey } from "../legs/address-key.ts";

export interface Flow {
  readonly provider: string;
  readonly browserId: string;
  readonly address: string;
  /** Exactly as the provider was told. */
  readonly redirectUri: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
  /** The sign-in in which somebody links an account of their own; undefined: to sign in. */
  readonly linkFor: string | undefined;
}

/** To find a password, and a phone for the second factor. */
const FLOW_MS = 10 * 60_000;
/** Of one address: an office behind one router, in one morning. */
const PER_ADDRESS_MAX = 100;
/** Of all, a few megabytes; the oldest goes first, so that a flood keeps out none but the slowest. */
const ALL_MAX = 5_000;

export class ProviderFlows {
  private readonly clock: Clock;
  /** By the digest of their state, in the order they began. */
  private readonly open = new Map<string, Flow & { readonly endsMs: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns its `state`; undefined where there are too many of this address already */
  begin(flow: Flow): string | undefined {
    const nowMs = this.clock.monotonicMs();
    const address = addressKey(flow.address);
    let ofAddress = 0;
    for (const [key, each] of this.open) {
      if (each.endsMs <= nowMs) this.open.delete(key);
      else if (addressKey(each.address) === address) ofAddress += 1;
    }
    if (ofAddress >= PER_ADDRESS_MAX) return undefined;
    const [oldest] = this.open.keys();
    if (this.open.size >= ALL_MAX && oldest !== undefined) this.open.delete(oldest);
    const state = newToken();
    this.open.set(hashToken(state), { ...flow, endsMs: nowMs + FLOW_MS });
    return state;
  }

  /** Uses it up. Another browser, or another provider, does not even do that. */
  take(state: string, provider: string, browserId: string): Flow | undefined {
    const key = hashToken(state);
    const flow = this.open.get(key);
    if (flow?.provider !== provider || flow.browserId !== browserId) return undefined;
    this.open.delete(key);
    return flow.endsMs > this.clock.monotonicMs() ? flow : undefined;
  }
}
