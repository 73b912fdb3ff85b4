/**
 * Values that are watched: one subscription of the workbench, an item for each, and Publish
 * requests that wait for news. Nothing is polled.
 */
import {
  type DataValue,
  monitorAnswer,
  type Published,
  publishAnswer,
  statusAnswer,
  subscriptionAnswer,
} from "../../../protocols/opcua/client/answers.ts";
import {
  type Acknowledged,
  createSubscriptionRequest,
  deleteItemsRequest,
  deleteSubscriptionsRequest,
  type Monitored,
  monitorEventsRequest,
  monitorValuesRequest,
  publishRequest,
} from "../../../protocols/opcua/client/requests.ts";
import type { NodeId } from "../../../protocols/opcua/node-id.ts";
import { isBad } from "../../../protocols/opcua/status.ts";
import { opcuaText } from "../../text/opcua.ts";
import type { Clock } from "../clock.ts";
import { TrendBuffer } from "../modbus/trend-buffer.ts";
import { Changes } from "./changes.ts";
import type { EventLog } from "./event-log.ts";
import type { Line, Reply } from "./line.ts";
import { problemOf } from "./reading.ts";

export interface Watched {
  readonly id: string;
  readonly node: NodeId;
  readonly name: string;
  readonly unit: string;
  /** Words of its values. */
  readonly states: readonly string[];
  /** As the asset says. */
  readonly mayWrite: boolean;
  readonly value: DataValue | undefined;
  /** When it came here. */
  readonly atMs: number;
  /** Why it is not watched now, in words. */
  readonly problem: string | undefined;
}

export type ToWatch = Omit<Watched, "value" | "atMs" | "problem">;

interface Item {
  watched: Watched;
  readonly handle: number;
  /** The asset's number; undefined while it has none. */
  item: number | undefined;
}

export interface WatchDeps {
  readonly clock: Clock;
  readonly line: Line;
  readonly events: EventLog;
  /** Calls back before the next picture. */
  frame(call: () => void): void;
}

/** Rows that a person still overlooks. */
export const WATCHED_MAX = 200;
export const WATCH_FIRST_MS = 500;
/** Waiting at the asset, so that one is always there while the other is on its way back. */
const PUBLISHES = 2;
/** A subscription that the asset forgot is made anew, but not for ever. */
const ATTEMPTS_MAX = 5;
const AGAIN_MS = 1_000;

export class WatchList extends Changes {
  readonly trends = new TrendBuffer();
  private readonly deps: WatchDeps;
  private readonly items = new Map<string, Item>();
  private intervalMs = WATCH_FIRST_MS;
  private subscription: number | undefined;
  /** Grows with each subscription: what belongs to an earlier one is dropped. */
  private generation = 0;
  private opening = false;
  private lastHandle = 0;
  private attempts = 0;
  private acknowledged: Acknowledged[] = [];
  private scheduled = false;

  constructor(deps: WatchDeps) {
    super();
    this.deps = deps;
  }

  get all(): readonly Watched[] {
    return [...this.items.values()].map(({ watched }) => watched);
  }

  get everyMs(): number {
    return this.intervalMs;
  }

  has(id: string): boolean {
    return this.items.has(id);
  }

  get(id: string): Watched | undefined {
    return this.items.get(id)?.watched;
  }

  /** @returns whether there was room */
  add({ id, node, name, unit, states, mayWrite }: ToWatch): boolean {
    const watched = { id, node, name, unit, states, mayWrite };
    if (this.items.has(watched.id)) return true;
    if (this.items.size >= WATCHED_MAX) return false;
    const empty = { value: undefined, atMs: 0, problem: undefined };
    const handle = ++this.lastHandle;
    const item: Item = { watched: { ...watched, ...empty }, handle, item: undefined };
    this.items.set(watched.id, item);
    this.changed();
    this.attempts = 0;
    if (this.subscription === undefined) void this.open();
    else void this.monitor([item]);
    return true;
  }

  remove(id: string): void {
    const gone = this.items.get(id);
    this.items.delete(id);
    this.changed();
    if (gone?.item === undefined || this.subscription === undefined) return;
    const request = deleteItemsRequest(this.subscription, [gone.item]);
    void this.deps.line.ask(request, statusAnswer);
  }

  /** From now on at this pace. */
  every(intervalMs: number): void {
    if (intervalMs === this.intervalMs) return;
    this.intervalMs = intervalMs;
    const { subscription } = this;
    this.forget();
    if (subscription !== undefined) {
      void this.deps.line.ask(deleteSubscriptionsRequest([subscription]), statusAnswer);
    }
    this.changed();
    void this.open();
  }

  /** A new channel: what was subscribed is gone with the old one. */
  begin(): void {
    this.forget();
    this.attempts = 0;
    void this.open();
  }

  away(): void {
    this.forget();
    for (const item of this.items.values()) this.trends.push(item.watched.id, this.now(), null);
  }

  /** What the person chose from the events panel, or nothing. */
  watchEvents(): void {
    this.attempts = 0;
    if (this.subscription === undefined) void this.open();
    else void this.monitorEvents(this.subscription);
  }

  private get isWanted(): boolean {
    return this.items.size > 0 || this.deps.events.source !== undefined;
  }

  private forget(): void {
    this.subscription = undefined;
    this.generation += 1;
    this.opening = false;
    this.acknowledged = [];
    for (const item of this.items.values()) item.item = undefined;
    this.deps.events.stopped();
  }

  private async open(): Promise<void> {
    const { line } = this.deps;
    if (this.opening || this.subscription !== undefined || !line.isOpen || !this.isWanted) return;
    this.opening = true;
    const { generation } = this;
    const reply = await line.ask(createSubscriptionRequest(this.intervalMs), subscriptionAnswer);
    if (generation !== this.generation) return;
    this.opening = false;
    if (reply.kind !== "done") return this.failed(problemOf(reply));
    this.subscription = reply.value.subscription;
    for (let n = 0; n < PUBLISHES; n += 1) void this.publish(generation);
    await this.monitor([...this.items.values()]);
    if (generation === this.generation) await this.monitorEvents(reply.value.subscription);
  }

  private async monitor(items: readonly Item[]): Promise<void> {
    const { subscription, generation } = this;
    if (subscription === undefined || items.length === 0) return;
    const monitored: Monitored[] = items.map(({ watched, handle }) => ({
      ...{ node: watched.node, handle },
    }));
    const request = monitorValuesRequest(subscription, monitored, this.intervalMs);
    const reply = await this.deps.line.ask(request, monitorAnswer);
    if (generation !== this.generation) return;
    items.forEach((item, n) => {
      const result = reply.kind === "done" ? reply.value[n] : undefined;
      if (result && !isBad(result.status)) item.item = result.item;
      else this.mark(item, problemOf(reply, result?.status));
    });
    this.changed();
  }

  private async monitorEvents(subscription: number): Promise<void> {
    const { events, line } = this.deps;
    const { source } = events;
    if (source === undefined) return;
    const { generation } = this;
    const handle = ++this.lastHandle;
    const request = monitorEventsRequest(subscription, { node: source.node, handle });
    const reply = await line.ask(request, monitorAnswer);
    if (generation !== this.generation) return;
    const result = reply.kind === "done" ? reply.value[0] : undefined;
    if (result && !isBad(result.status)) events.started(handle);
    else events.failed(problemOf(reply, result?.status));
  }

  private async publish(generation: number): Promise<void> {
    while (generation === this.generation) {
      const acknowledged = this.acknowledged.splice(0);
      const request = publishRequest(acknowledged);
      const reply = await this.deps.line.ask(request, publishAnswer, { patient: true });
      if (generation !== this.generation) return;
      if (reply.kind !== "done") return this.unpublished(reply);
      this.attempts = 0;
      this.take(reply.value);
      if (reply.value.ended !== undefined) return this.failed(opcuaText.watch.ended);
    }
  }

  private take(published: Published): void {
    const { subscription, sequence, isKeepAlive, values, events } = published;
    if (!isKeepAlive) this.acknowledged.push({ subscription, sequence });
    const byHandle = new Map([...this.items.values()].map((item) => [item.handle, item]));
    for (const { handle, value } of values) {
      const item = byHandle.get(handle);
      if (item) this.put(item, value);
    }
    for (const { handle, fields } of events) this.deps.events.add(handle, fields);
    if (values.length > 0) this.changedSoon();
  }

  private put(item: Item, value: DataValue): void {
    const atMs = this.now();
    item.watched = { ...item.watched, value, atMs, problem: undefined };
    const number = isBad(value.status) ? undefined : value.value?.number;
    this.trends.push(item.watched.id, atMs, number ?? null);
  }

  private unpublished(reply: Reply<unknown>): void {
    if (reply.kind === "lost" && reply.reason === "away") return;
    this.failed(problemOf(reply));
  }

  /** It is made anew after a moment, unless it fails again and again. */
  private failed(words: string): void {
    this.forget();
    for (const item of this.items.values()) this.mark(item, words);
    if (this.deps.events.source !== undefined) this.deps.events.failed(words);
    this.changed();
    this.attempts += 1;
    if (this.attempts >= ATTEMPTS_MAX) return;
    const { generation } = this;
    this.deps.clock.after(AGAIN_MS * this.attempts, () => {
      if (generation === this.generation) void this.open();
    });
  }

  private mark(item: Item, problem: string): void {
    item.watched = { ...item.watched, problem };
    this.trends.push(item.watched.id, this.now(), null);
  }

  /** Values may come by the hundred: a picture shows the last of them. */
  private changedSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.deps.frame(() => {
      this.scheduled = false;
      this.changed();
    });
  }

  private now(): number {
    return this.deps.clock.wallMs();
  }
}
