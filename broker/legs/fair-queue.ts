/** Requests of many sessions that share one way to the asset: each has its own queue, one turn each. */
import { Fifo } from "./fifo.ts";

/** One session's requests. */
export interface Lane<T> {
  readonly items: Fifo<T>;
  /** It stands in `turns`. */
  due: boolean;
}

export class FairQueue<T> {
  private readonly lanes = new Map<string, Lane<T>>();
  private readonly turns = new Fifo<Lane<T>>();
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** Where a session's requests wait; good until the session is forgotten. */
  lane(session: string): Lane<T> {
    let lane = this.lanes.get(session);
    if (!lane) {
      lane = { items: new Fifo(), due: false };
      this.lanes.set(session, lane);
    }
    return lane;
  }

  push(lane: Lane<T>, item: T): void {
    lane.items.push(item);
    this.count += 1;
    this.line(lane);
  }

  /** Before all that waits in its lane. */
  pushFirst(lane: Lane<T>, item: T): void {
    const others = lane.items.remove(() => true);
    this.push(lane, item);
    for (const other of others) lane.items.push(other);
  }

  /** The next request: the oldest of the session whose turn it is. */
  shift(): T | undefined {
    for (let lane = this.turns.shift(); lane; lane = this.turns.shift()) {
      lane.due = false;
      const item = lane.items.shift();
      if (item === undefined) continue;
      this.count -= 1;
      if (lane.items.length > 0) this.line(lane);
      return item;
    }
    return undefined;
  }

  lengthOf(session: string): number {
    return this.lanes.get(session)?.items.length ?? 0;
  }

  /** Takes back the newest request of whoever has most waiting. */
  dropFromLongest(): T | undefined {
    let longest: Lane<T> | undefined;
    for (const lane of this.lanes.values()) {
      if (!longest || lane.items.length > longest.items.length) longest = lane;
    }
    const item = longest?.items.pop();
    if (item !== undefined) this.count -= 1;
    return item;
  }

  longest(): number {
    let most = 0;
    for (const lane of this.lanes.values()) most = Math.max(most, lane.items.length);
    return most;
  }

  remove(session: string, takes: (item: T) => boolean): T[] {
    const removed = this.lanes.get(session)?.items.remove(takes) ?? [];
    this.count -= removed.length;
    return removed;
  }

  /** Takes everything back. */
  clear(): T[] {
    const all: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) all.push(item);
    return all;
  }

  /** The session has left; nothing of it may be waiting any more. */
  forget(session: string): void {
    if (this.lengthOf(session) === 0) this.lanes.delete(session);
  }

  private line(lane: Lane<T>): void {
    if (lane.due) return;
    lane.due = true;
    this.turns.push(lane);
  }
}
