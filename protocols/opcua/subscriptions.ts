/**
 * The subscriptions of this session and what each reads. A monitored item is a reading that goes
 * on: as long as every item of a subscription is permitted, its notifications pass as they are;
 * once one is not, they are decoded, and that item is left out and deleted at the asset.
 */
import type { SubscribeOperation } from "./operation.ts";

/** Tools open a handful. */
export const SUBSCRIPTIONS_MAX = 200;
/** Over all subscriptions of a session; a large SCADA client has some ten thousand. */
export const MONITORED_MAX = 100_000;

export interface Monitored {
  readonly operation: SubscribeOperation;
  /** The client's own numbers for it, which stand in notifications: one, until it asks for others. */
  readonly clientHandles: Set<number>;
}

export interface Subscription {
  readonly id: number;
  readonly items: Map<number, Monitored>;
  /** Client handles of items that are not permitted any more. */
  readonly forbidden: Set<number>;
  /** There may be items at the asset that nobody here knows of: only known ones pass. */
  doubtful: boolean;
}

/** Numbers that a client gave one item; tools give one. */
export const HANDLES_MAX = 32;

/** All that it delivers may pass, without a look into it. */
export function isClean({ forbidden, doubtful }: Subscription): boolean {
  return forbidden.size === 0 && !doubtful;
}

/** Whether what stands under this number may not pass. */
export function keepsOut(
  { forbidden, doubtful, items }: Subscription,
  clientHandle: number,
): boolean {
  if (forbidden.has(clientHandle)) return true;
  if (!doubtful) return false;
  for (const { clientHandles } of items.values()) if (clientHandles.has(clientHandle)) return false;
  return true;
}

export class Subscriptions {
  private readonly all = new Map<number, Subscription>();
  private count = 0;

  get isFull(): boolean {
    return this.all.size >= SUBSCRIPTIONS_MAX;
  }

  hasRoomFor(items: number): boolean {
    return this.count + items <= MONITORED_MAX;
  }

  open(id: number): void {
    if (this.all.has(id)) return;
    this.all.set(id, { id, items: new Map(), forbidden: new Set(), doubtful: false });
  }

  find(id: number): Subscription | undefined {
    return this.all.get(id);
  }

  list(): readonly Subscription[] {
    return [...this.all.values()];
  }

  close(id: number): void {
    const subscription = this.all.get(id);
    if (!subscription) return;
    this.count -= subscription.items.size;
    this.all.delete(id);
  }

  add(id: number, item: number, monitored: Monitored): void {
    const subscription = this.all.get(id);
    if (!subscription || subscription.items.has(item)) return;
    subscription.items.set(item, monitored);
    this.count += 1;
  }

  /** The asset was asked to read more, and nobody will hear whether it does. */
  doubt(id: number): void {
    const subscription = this.all.get(id);
    if (subscription) subscription.doubtful = true;
  }

  remove(id: number, item: number): void {
    if (this.all.get(id)?.items.delete(item)) this.count -= 1;
  }

  item(id: number, item: number): Monitored | undefined {
    return this.all.get(id)?.items.get(item);
  }

  /** What all items read, each once. */
  operations(): readonly SubscribeOperation[] {
    const found = new Set<SubscribeOperation>();
    for (const { items } of this.all.values()) {
      for (const { operation } of items.values()) found.add(operation);
    }
    return [...found];
  }

  /**
   * These may not be read any more. Answers the items to delete, by subscription; their
   * notifications that are on the way already are left out by `forbidden`.
   */
  forbid(denied: ReadonlySet<SubscribeOperation>): ReadonlyMap<number, readonly number[]> {
    const gone = new Map<number, number[]>();
    for (const { id, items: own, forbidden } of this.all.values()) {
      for (const [item, { operation, clientHandles }] of own) {
        if (!denied.has(operation)) continue;
        for (const clientHandle of clientHandles) forbidden.add(clientHandle);
        const items = gone.get(id);
        if (items) items.push(item);
        else gone.set(id, [item]);
      }
    }
    for (const [id, items] of gone) for (const item of items) this.remove(id, item);
    return gone;
  }

  clear(): void {
    this.all.clear();
    this.count = 0;
  }
}
