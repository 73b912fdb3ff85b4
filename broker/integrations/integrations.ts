/** All integrations of the broker: what runs, how it goes, and what a change of the file does. */
import type { Clock } from "../clock.ts";
import { feedHead, pruneFeed } from "../store/integration-feed.ts";
import {
  type DeadLetter,
  deleteCursor,
  failingIntegrations,
  type IntegrationCursor,
  listCursors,
  listDeadLetters,
  writeCursor,
} from "../store/integrations.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { Store } from "../store/store.ts";
import { Delivery, type DeliveryState } from "./delivery.ts";
import type { Integration } from "./model.ts";
import { type ReceiverParts, receiverOf } from "./receiver-of.ts";
import { runTest, type TestResult } from "./test-delivery.ts";
import { Troubles } from "./troubles.ts";

/** What is no longer needed goes then. */
const PRUNE_EVERY_MS = 60_000;
/** A receiver of notices that was away longer finds the newest; older requests have expired. */
const NOTICE_BUFFER_MAX = 20_000;

export interface IntegrationsParts extends ReceiverParts {
  /** Whether a file is named at all. */
  readonly configured: boolean;
  readonly store: Store;
  readonly clock: Clock;
  note(event: NewSiteEvent): void;
  /** One sentence for the health page. */
  report(name: string, state: "ok" | "attention", text: string): void;
}

export interface IntegrationStanding {
  readonly integration: Integration;
  readonly state: DeliveryState;
  /** Positions of the feed that it has still to look at. */
  readonly waiting: number;
  readonly deadLetters: readonly DeadLetter[];
}

interface Running {
  readonly integration: Integration;
  readonly delivery: Delivery;
}

export class Integrations {
  private readonly parts: IntegrationsParts;
  private readonly troubles: Troubles;
  private running = new Map<string, Running>();
  private changing: Promise<void> = Promise.resolve();
  private readonly stopListening: () => void;
  private cancelPrune: () => void = () => {};
  private closed = false;
  private hasResumed = false;
  /** Why the file on disk is not in force. */
  problem: string | undefined;

  constructor(parts: IntegrationsParts) {
    this.parts = parts;
    this.troubles = new Troubles(parts);
    this.stopListening = parts.store.log.onEvent(() => this.nudge());
    this.pruneLater();
  }

  get configured(): boolean {
    return this.parts.configured;
  }

  /** Resolves once these are what runs. One whose place is unchanged goes on undisturbed. */
  configure(integrations: readonly Integration[]): Promise<void> {
    const change = () => this.change(integrations);
    this.changing = this.changing.then(change, change);
    return this.changing;
  }

  /** There is something new in the feed. */
  nudge(): void {
    for (const { delivery } of this.running.values()) delivery.nudge();
  }

  async list(): Promise<readonly IntegrationStanding[]> {
    const { queries } = this.parts.store;
    const head = await feedHead(queries);
    return Promise.all(
      [...this.running.values()].map(async ({ integration, delivery }) => ({
        integration,
        state: delivery.state,
        waiting: Math.max(0, head - delivery.position),
        deadLetters: await listDeadLetters(queries, integration.name),
      })),
    );
  }

  /**
   * Sends one harmless message past the queue. A success also ends the wait of one that fails.
   * @param to who receives it, where it goes to those concerned
   */
  async test(name: string, to: string): Promise<TestResult | undefined> {
    const running = this.running.get(name);
    if (!running) return undefined;
    const result = await runTest(this.parts, running.integration, to);
    if (result.error === null) running.delivery.hurry();
    return result;
  }

  /** What goes out to no one any more is forgotten. */
  async prune(): Promise<void> {
    const { queries } = this.parts.store;
    const positions = [...this.running.values()].map(({ delivery }) => delivery.position);
    await pruneFeed(
      queries,
      positions.length > 0 ? Math.min(...positions) : await feedHead(queries),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancelPrune();
    this.stopListening();
    await this.changing.catch(() => {});
    await Promise.all([...this.running.values()].map(({ delivery }) => delivery.close()));
  }

  private async change(integrations: readonly Integration[]): Promise<void> {
    if (this.closed) return;
    const { queries } = this.parts.store;
    const wanted = new Map(integrations.map((each) => [each.name, each]));
    for (const [name, { integration, delivery }] of this.running) {
      if (isSame(integration, wanted.get(name))) continue;
      await delivery.close();
      this.running.delete(name);
      this.troubles.forget(name);
    }
    const cursors = new Map((await listCursors(queries)).map((cursor) => [cursor.name, cursor]));
    if (!this.hasResumed) this.troubles.resume(await failingIntegrations(queries));
    this.hasResumed = true;
    for (const name of cursors.keys()) {
      if (wanted.has(name)) continue;
      this.troubles.forget(name);
      await deleteCursor(queries, name);
    }
    for (const [name, integration] of wanted) {
      if (this.running.has(name)) continue;
      this.start(integration, cursors.get(name) ?? (await this.fresh(name)));
    }
  }

  /** A new one begins with what happens from now on. */
  private async fresh(name: string): Promise<IntegrationCursor> {
    const { queries } = this.parts.store;
    const position = await feedHead(queries);
    const cursor = { name, position, served: [], dropped: null, succeededMs: null };
    await writeCursor(queries, cursor);
    return cursor;
  }

  private start(integration: Integration, cursor: IntegrationCursor): void {
    const { name } = integration;
    const { store, clock } = this.parts;
    const bufferMax = integration.purpose === "notices" ? NOTICE_BUFFER_MAX : integration.bufferMax;
    const delivery = new Delivery({
      ...{ name, clock, cursor, bufferMax, queries: store.queries },
      receiver: receiverOf(this.parts, integration),
      onChange: (state) => this.troubles.seen(name, state),
      onDropped: (dropped) => this.troubles.dropped(name, dropped),
      onGivenUp: (item, reason) => this.troubles.gaveUp(name, item, reason),
    });
    this.troubles.seen(name, delivery.state);
    this.running.set(name, { integration, delivery });
  }

  private pruneLater(): void {
    if (this.closed) return;
    this.cancelPrune = this.parts.clock.after(PRUNE_EVERY_MS, () => {
      // A store that fails says so itself.
      this.prune()
        .catch(() => {})
        .finally(() => this.pruneLater());
    });
  }
}

/** Secrets count by where they come from: they are read at each use. */
function isSame(one: Integration, other: Integration | undefined): boolean {
  return other !== undefined && JSON.stringify(one) === JSON.stringify(other);
}
