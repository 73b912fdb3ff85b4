/** Whether another broker waits to take over from this one, for people, pages and scrapers. */
import type { AlarmBook } from "../alarms/alarm-book.ts";
import { SITE } from "../alarms/alarms-by-event.ts";
import type { HealthBoard } from "../api/health/health-board.ts";
import type { StandbyGauge } from "../api/health/metrics.ts";
import type { Clock } from "../clock.ts";
import { type WaitingBroker, waitingBrokers } from "../store/postgres-standby.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { Store } from "../store/store.ts";

const LOOK_MS = 5_000;
/** A machine that is started again after a take-over, or for its updates, is back by then. */
export const STANDBY_UNSEEN_MAX_MS = 10 * 60_000;

export interface StandbyWatchParts {
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  readonly store: Pick<Store, "queries">;
  readonly board: Pick<HealthBoard, "report">;
  readonly alarms: Pick<AlarmBook, "raise" | "clear">;
  readonly noticed: { note(event: NewSiteEvent): void };
  /** Names of those that lead people to this broker now. */
  forwarding(): readonly string[];
  /** By default what the database says. */
  look?(): Promise<readonly WaitingBroker[]>;
}

export class StandbyWatch {
  private readonly parts: StandbyWatchParts;
  private readonly startedMs: number;
  private waiting: readonly WaitingBroker[] = [];
  /** Of whoever was seen last. */
  private seen: { readonly name: string; readonly atMs: number } | undefined;
  private again = () => {};
  private closed = false;
  private looking: Promise<void>;

  constructor(parts: StandbyWatchParts) {
    this.parts = parts;
    this.startedMs = parts.clock.monotonicMs();
    this.tell();
    this.looking = this.look();
  }

  /** Resolves once the look that is under way has been answered. */
  get looked(): Promise<void> {
    return this.looking;
  }

  gauge(): StandbyGauge {
    return { waiting: this.waiting.length, unseenSeconds: this.unseenMs / 1_000 };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.again();
    await this.looking;
  }

  /** Since one was seen, or since this broker looks. */
  private get unseenMs(): number {
    return this.parts.clock.monotonicMs() - (this.seen?.atMs ?? this.startedMs);
  }

  private async look(): Promise<void> {
    const { clock, store } = this.parts;
    const ask = this.parts.look ?? (() => waitingBrokers(store.queries));
    // While the database is away nobody knows who waits: what was known stays. That rings by itself.
    const found = await ask().catch(() => undefined);
    if (found) this.found(found);
    if (this.closed) return;
    this.tell();
    this.again = clock.after(LOOK_MS, () => {
      this.looking = this.look();
    });
  }

  private found(found: readonly WaitingBroker[]): void {
    const { clock, noticed } = this.parts;
    const [first] = found;
    const [was, is] = [this.waiting.length > 0, first !== undefined];
    this.waiting = found;
    if (first) this.seen = { name: first.name, atMs: clock.monotonicMs() - first.silentMs };
    if (is === was) return;
    const [kind, text] = is
      ? (["standby:waits", `${first?.name} waits to take over`] as const)
      : (["standby:gone", `${this.seen?.name} does not wait any more: nobody takes over`] as const);
    noticed.note({ kind, priority: "event", text });
  }

  private tell(): void {
    const { board, alarms } = this.parts;
    const isSeen = this.waiting.length > 0;
    const text = this.said();
    board.report("standby", isSeen ? "ok" : "attention", text);
    if (isSeen) alarms.clear("standby-unseen", SITE);
    else if (this.unseenMs > STANDBY_UNSEEN_MAX_MS) alarms.raise("standby-unseen", SITE, { text });
  }

  private said(): string {
    const { waiting, seen } = this;
    const leading = new Set(this.parts.forwarding());
    const each = waiting.map(({ name }) => {
      return `${name}: waits to take over${leading.delete(name) ? ", and leads people here" : ""}.`;
    });
    // The database has not heard of it yet, or not for a while.
    each.push(...[...leading].map((name) => `${name} leads people here.`));
    const ago = `${Math.floor(this.unseenMs / 60_000)} min`;
    if (waiting.length > 0) return each.join(" ");
    if (!seen) return `No other broker waits, none has been seen for ${ago}.`;
    return `No other broker waits: ${seen.name} was seen last ${ago} ago.`;
  }
}
