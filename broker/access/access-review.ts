/** Every right that stands, with its last use, so that what nobody uses can go. */
import type { Clock } from "../clock.ts";
import { listGrantUses, noteGrants, noteGrantUse } from "../store/grant-uses.ts";
import type { Person } from "../store/model.ts";
import type { Store } from "../store/store.ts";
import type { Grant } from "./access.ts";

/** A quarter: what was not needed in one will hardly be missed. */
export const UNUSED_MS = 90 * 24 * 3_600_000;

export interface StandingRight {
  readonly grant: Grant;
  readonly lastUsedMs: number | null;
  readonly lastUsedBy: string | null;
  /** Neither used nor made within `UNUSED_MS`. */
  readonly unused: boolean;
}

export class AccessReview {
  private readonly store: Store;
  private readonly clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** A grant of the plant file is as old as its first sight here. */
  async known(grants: readonly { readonly id: string }[]): Promise<void> {
    const ids = grants.map(({ id }) => id);
    await noteGrants(this.store.queries, ids, this.clock.wallMs());
  }

  async used(grant: Grant, by: Person): Promise<void> {
    await noteGrantUse(this.store.queries, grant.id, { by: by.name, atMs: this.clock.wallMs() });
  }

  /** @param grants all there are; those that are over are left out */
  async of(grants: readonly Grant[]): Promise<readonly StandingRight[]> {
    const uses = new Map(
      (await listGrantUses(this.store.queries)).map((use) => [use.grantId, use]),
    );
    const nowMs = this.clock.wallMs();
    return grants
      .filter(({ state }) => state === "live" || state === "coming")
      .map((grant) => {
        const use = uses.get(grant.id);
        const knownMs = grant.createdMs || (use?.firstMs ?? nowMs);
        const sinceMs = use?.lastMs ?? Math.max(knownMs, grant.fromMs ?? 0);
        return {
          grant,
          lastUsedMs: use?.lastMs ?? null,
          lastUsedBy: use?.lastBy ?? null,
          unused: nowMs - sinceMs >= UNUSED_MS,
        };
      });
  }
}
