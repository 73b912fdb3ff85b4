/**
 * The keys of an issuer at an https address. They are asked for when a token names one that is not
 * known, which is how a rotation is noticed, and now and then all the same, which is how a
 * removal is. Somebody who sends made-up tokens does not make the broker ask more often.
 */
import type { JWK } from "jose";
import type { Clock } from "../clock.ts";
import { parseKeySet } from "./trust-bundle.ts";

export interface RemoteKeysParts {
  readonly clock: Clock;
  /** By the dialer of integrations. */
  load(url: string): Promise<string>;
}

const REFRESH_MS = 5 * 60_000;
const RETRY_MS = 30_000;
/** An issuer that is away for longer than this proves nobody. */
const STALE_MAX_MS = 6 * 3_600_000;

export class RemoteKeys {
  private readonly parts: RemoteKeysParts;
  private readonly url: string;
  private keys: readonly JWK[] = [];
  private fetchedMs: number | undefined;
  private triedMs: number | undefined;
  private asking: Promise<void> | undefined;
  /** Why the last look failed. */
  problem: string | undefined;

  constructor(url: string, parts: RemoteKeysParts) {
    this.url = url;
    this.parts = parts;
  }

  /** @param kid that a token names */
  async forToken(kid: string | undefined): Promise<readonly JWK[]> {
    const known = kid === undefined || this.keys.some((key) => key.kid === kid);
    if (!known || this.ageMs() > REFRESH_MS) await this.look();
    return this.ageMs() > STALE_MAX_MS ? [] : this.keys;
  }

  private ageMs(): number {
    const { fetchedMs } = this;
    return fetchedMs === undefined ? Infinity : this.parts.clock.monotonicMs() - fetchedMs;
  }

  private look(): Promise<void> {
    const nowMs = this.parts.clock.monotonicMs();
    if (this.triedMs !== undefined && nowMs - this.triedMs < RETRY_MS) {
      return this.asking ?? Promise.resolve();
    }
    this.triedMs = nowMs;
    this.asking = this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async ask(): Promise<void> {
    try {
      this.keys = parseKeySet(await this.parts.load(this.url));
      this.fetchedMs = this.parts.clock.monotonicMs();
      this.problem = undefined;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }
}
