/**
 * Carries the feed to one receiver, in order. The cursor in the store moves only after the
 * receiver has taken what is before it: a crash anywhere means that the last batch is sent again,
 * with the same ids, never that one is missing.
 */
import type { Clock } from "../clock.ts";
import { type FeedItem, type FeedPage, feedHead, readFeed } from "../store/integration-feed.ts";
import {
  type Dropped,
  type IntegrationCursor,
  insertDeadLetter,
  writeCursor,
} from "../store/integrations.ts";
import { plainText } from "../store/plain-text.ts";
import type { Queries } from "../store/schema.ts";
import { NotTaken, type Progress, type Receiver } from "./receiver.ts";

/** First wait after a failure; doubled each time, give or take a half, so that not all come back at once. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;
/** However long a receiver asks us to stay away. */
const RETRY_AFTER_MAX_MS = 60 * 60_000;
/** Dropped at once when the buffer is full: not one gap for each event. */
const DROP_SHARE = 0.1;
const REASON_MAX = 300;
/** Passed over before it is written down. */
const UNWANTED_MAX = 200;
/** A receiver that is silent does not hold up the end of the broker. */
const CLOSE_WITHIN_MS = 2_000;

export interface DeliveryParts {
  readonly name: string;
  readonly receiver: Receiver;
  readonly queries: Queries;
  readonly clock: Clock;
  readonly bufferMax: number;
  readonly cursor: IntegrationCursor;
  /** Something that a list shows has changed. */
  onChange(state: DeliveryState): void;
  /** The receiver was away for so long that something had to go. */
  onDropped(dropped: Dropped): void;
  onGivenUp(item: FeedItem, reason: string): void;
}

export interface DeliveryState {
  readonly kind: "idle" | "sending" | "failing";
  readonly succeededMs: number | null;
  /** Null where the last attempt was taken. */
  readonly error: string | null;
  readonly failingSinceMs: number | null;
  readonly attempts: number;
  readonly nextTryMs: number | null;
}

export class Delivery {
  private readonly parts: DeliveryParts;
  private cursor: IntegrationCursor;
  private now: DeliveryState;
  private wake: () => void = () => {};
  private woken = false;
  /** The last batch was refused as a whole: which item it is shows one by one. */
  private singly = 0;
  /** The position that a crash would come back to. */
  private kept: number;
  private closed = false;
  private readonly running: Promise<void>;

  constructor(parts: DeliveryParts) {
    this.parts = parts;
    this.cursor = parts.cursor;
    this.kept = parts.cursor.position;
    const { succeededMs } = parts.cursor;
    this.now = { ...IDLE, succeededMs };
    this.running = this.run();
  }

  get state(): DeliveryState {
    return this.now;
  }

  /** Everything up to here is no longer needed by this one. */
  get position(): number {
    return this.cursor.position;
  }

  /** There is something new. Does not hurry a receiver that fails. */
  nudge(): void {
    if (this.now.kind !== "failing") this.awaken();
  }

  /** Tries now, whatever the wait. */
  hurry(): void {
    this.awaken();
  }

  /** What is on its way has a moment to be answered; else it is sent again at the next start. */
  async close(): Promise<void> {
    this.closed = true;
    this.awaken();
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_WITHIN_MS).unref());
    await Promise.race([this.running, late]);
    this.parts.receiver.close?.();
  }

  private awaken(): void {
    this.woken = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.closed) {
      try {
        if (await this.step()) continue;
        await this.pause();
      } catch (error) {
        if (this.closed) return;
        await this.failed(error);
      }
    }
  }

  /** @returns whether there may be more at once */
  private async step(): Promise<boolean> {
    await this.dropOverflow();
    await this.reportDropped();
    const { queries, receiver } = this.parts;
    const limit = this.singly > 0 ? 1 : receiver.batchMax;
    const wanted = (kind: string) => receiver.wanted(kind);
    const page = await readFeed(queries, this.cursor.position, limit, wanted);
    if (page.items.length > 0) await this.send(page.items);
    if (page.through === this.cursor.position) return false;
    await this.passed(page);
    if (this.singly > 0) this.singly -= 1;
    return true;
  }

  /** What nobody wanted is looked at again after a crash: not each is worth a write. */
  private async passed({ items, through }: FeedPage): Promise<void> {
    const isWorthKeeping = items.length > 0 || through - this.kept >= UNWANTED_MAX;
    this.cursor = { ...this.cursor, position: through, served: [] };
    if (isWorthKeeping) await this.move({});
  }

  private async send(items: readonly FeedItem[]): Promise<void> {
    const { receiver, clock } = this.parts;
    if (this.now.kind === "idle") this.show({ ...this.now, kind: "sending" });
    try {
      await receiver.deliver(items, this.progress());
      this.cursor = { ...this.cursor, succeededMs: clock.wallMs() };
    } catch (error) {
      if (!this.isOver(error)) throw error;
      if (items.length > 1) {
        this.singly = items.length;
        throw error;
      }
      const [item] = items;
      if (item) await this.giveUp(item, "", reasonOf(error));
    }
    this.show({ ...IDLE, succeededMs: this.cursor.succeededMs });
  }

  /** Whether the same will never be taken, or has been tried often enough. */
  private isOver(error: unknown): boolean {
    const { attemptsMax = Number.POSITIVE_INFINITY } = this.parts.receiver;
    return (error instanceof NotTaken && error.isFinal) || this.now.attempts + 1 >= attemptsMax;
  }

  private progress(): Progress {
    return {
      served: this.cursor.served,
      serve: (receiver) => this.move({ served: [...this.cursor.served, receiver] }),
      gaveUp: (item, receiver, reason) => this.giveUp(item, receiver, reason),
    };
  }

  private async giveUp(item: FeedItem, receiver: string, why: string): Promise<void> {
    const { name, queries, clock } = this.parts;
    const reason = plainText(why, REASON_MAX);
    const { id: eventId, kind } = item;
    const letter = { integration: name, eventId, kind, receiver, reason, atMs: clock.wallMs() };
    await insertDeadLetter(queries, letter);
    this.parts.onGivenUp(item, reason);
  }

  private async dropOverflow(): Promise<void> {
    const { queries, bufferMax } = this.parts;
    const head = await feedHead(queries);
    if (head - this.cursor.position <= bufferMax) return;
    const position = head - Math.floor(bufferMax * (1 - DROP_SHARE));
    const first = (await readFeed(queries, this.cursor.position, 1)).items[0];
    const last = (await readFeed(queries, position - 1, 1)).items[0];
    const nowMs = this.parts.clock.wallMs();
    const before = this.cursor.dropped;
    const dropped = {
      count: position - this.cursor.position + (before?.count ?? 0),
      fromMs: before?.fromMs ?? first?.atMs ?? nowMs,
      untilMs: last?.atMs ?? nowMs,
    };
    await this.move({ position, served: [], dropped });
    this.parts.onDropped(dropped);
  }

  /** The receiver hears of the gap at its place, before what follows it. */
  private async reportDropped(): Promise<void> {
    const { dropped, position } = this.cursor;
    if (dropped === null) return;
    if (this.parts.receiver.wanted(GAP_KIND)) {
      await this.send([gapItem(this.parts.name, position, dropped)]);
    }
    await this.move({ dropped: null });
  }

  private async move(change: Partial<IntegrationCursor>): Promise<void> {
    this.cursor = { ...this.cursor, ...change };
    await writeCursor(this.parts.queries, this.cursor);
    this.kept = this.cursor.position;
  }

  private async failed(error: unknown): Promise<void> {
    const attempts = this.now.attempts + 1;
    const waitMs = waitAfter(attempts, error instanceof NotTaken ? error.retryAfterMs : undefined);
    const nowMs = this.parts.clock.wallMs();
    this.show({
      kind: "failing",
      succeededMs: this.now.succeededMs,
      error: plainText(reasonOf(error), REASON_MAX),
      failingSinceMs: this.now.failingSinceMs ?? nowMs,
      attempts,
      nextTryMs: nowMs + waitMs,
    });
    await this.pause(waitMs);
  }

  /** Until woken, or until the time is over. */
  private async pause(forMs?: number): Promise<void> {
    if (this.closed) return;
    if (this.woken) {
      this.woken = false;
      // What woke it came before the failure: it would go round without a rest.
      if (forMs === undefined) return;
    }
    await new Promise<void>((resolve) => {
      const stop = forMs === undefined ? () => {} : this.parts.clock.after(forMs, resolve);
      this.wake = () => {
        stop();
        resolve();
      };
    });
    this.woken = false;
    this.wake = () => {};
  }

  private show(state: DeliveryState): void {
    this.now = state;
    this.parts.onChange(state);
  }
}

const IDLE: DeliveryState = {
  kind: "idle",
  succeededMs: null,
  error: null,
  failingSinceMs: null,
  attempts: 0,
  nextTryMs: null,
};

export const GAP_KIND = "integration:gap";

function gapItem(name: string, position: number, { count, fromMs, untilMs }: Dropped): FeedItem {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  return {
    ...{ position, id: `gap-${name}-${position}`, atMs: untilMs, kind: GAP_KIND },
    ...{ priority: "alarm", session: null, person: null, about: { integration: name } },
    text: `${count} events from ${from} until ${until} are missing here: the receiver was away for longer than the buffer lasts`,
  };
}

function waitAfter(attempts: number, askedMs: number | undefined): number {
  if (askedMs !== undefined) return Math.min(Math.max(askedMs, 1_000), RETRY_AFTER_MAX_MS);
  const doubled = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return doubled * (0.5 + Math.random());
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node gives one error for all addresses of a name, without words of its own.
  if (error.message === "" && "code" in error) return String(error.code);
  return error.message;
}
