/** Says a little before a person's time is over that it will be, so that they can ask for more. */
import type { Grant } from "../../access/access.ts";
import type { Clock } from "../../clock.ts";
import { aboutOf } from "../../store/integration-feed.ts";
import type { Store } from "../../store/store.ts";

/** Enough to ask and be answered. */
const LEAD_MS = 15 * 60_000;
/** Of a short grant: the last quarter. */
const LEAD_SHARE = 0.25;
const LOOK_MS = 30_000;
/** Further back than any lead: what was said before a restart. */
const TOLD_WITHIN_MS = 60 * 60_000;

export interface EndingGrantsParts {
  readonly store: Store;
  readonly clock: Clock;
  grants(): Promise<readonly Grant[]>;
}

const KIND = "grant:ending";

export class EndingGrants {
  private readonly parts: EndingGrantsParts;
  /** Grant and end: an end that moved is told again. */
  private readonly told: Map<string, number>;
  private cancel: () => void = () => {};
  private closed = false;

  private constructor(parts: EndingGrantsParts, told: Map<string, number>) {
    this.parts = parts;
    this.told = told;
    this.lookLater();
  }

  static async open(parts: EndingGrantsParts): Promise<EndingGrants> {
    const rows = await parts.store.queries
      .selectFrom("site_events")
      .select(["about"])
      .where("kind", "=", KIND)
      .where("at_ms", ">", parts.clock.wallMs() - TOLD_WITHIN_MS)
      .execute();
    const told = rows.map(({ about }) => {
      const { grant = "", untilMs = "0" } = aboutOf(about);
      return [`${grant} ${untilMs}`, Number(untilMs)] as const;
    });
    return new EndingGrants(parts, new Map(told));
  }

  /** Once now; the rest of the time it looks by itself. */
  async look(): Promise<void> {
    const nowMs = this.parts.clock.wallMs();
    for (const [key, untilMs] of this.told) if (untilMs < nowMs) this.told.delete(key);
    for (const grant of await this.parts.grants()) {
      if (this.closed || !isEnding(grant, nowMs)) continue;
      const key = `${grant.id} ${grant.closesMs}`;
      if (this.told.has(key)) continue;
      this.told.set(key, grant.closesMs ?? 0);
      await this.tell(grant);
    }
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }

  private lookLater(): void {
    if (this.closed) return;
    this.cancel = this.parts.clock.after(LOOK_MS, () => {
      // A store that fails says so itself; the next look tries again.
      this.look()
        .catch(() => {})
        .finally(() => this.lookLater());
    });
  }

  private async tell({ id, subject, personId, endpoint, profile, closesMs }: Grant): Promise<void> {
    const until = new Date(closesMs ?? 0).toISOString();
    await this.parts.store.log.record({
      kind: KIND,
      priority: "event",
      text: `The grant of ${subject} for ${profile} on ${endpoint} ends at ${until}`,
      ...(personId === null ? {} : { subject: personId }),
      about: { grant: id, endpoint, profile, untilMs: String(closesMs ?? 0) },
    });
  }
}

function isEnding({ state, personId, opensMs, closesMs }: Grant, nowMs: number): boolean {
  if (state !== "live" || personId === null || closesMs === null) return false;
  const length = opensMs === null ? Number.POSITIVE_INFINITY : closesMs - opensMs;
  const leadMs = Math.min(LEAD_MS, length * LEAD_SHARE);
  return closesMs > nowMs && closesMs - nowMs <= leadMs;
}
