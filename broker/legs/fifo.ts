/**
 * A queue whose `shift` does not move the rest: arrays of thousands would. Most have at most one
 * item at a time, and there are several a channel: that one needs no array.
 */
export class Fifo<T> {
  /** Older than the rest. */
  private first: T | undefined;
  private rest: (T | undefined)[] = NO_ROOM;
  private head = 0;
  private tail = 0;

  get length(): number {
    return this.tail - this.head + (this.first === undefined ? 0 : 1);
  }

  push(item: T): void {
    if (this.first === undefined && this.tail === 0) this.first = item;
    else this.append(item);
  }

  peek(): T | undefined {
    return this.first ?? this.rest[this.head];
  }

  shift(): T | undefined {
    const { first } = this;
    if (first === undefined) return this.tail === 0 ? undefined : this.shiftRest();
    this.first = undefined;
    return first;
  }

  /** Takes the newest back. */
  pop(): T | undefined {
    if (this.tail === 0) return this.shift();
    const item = this.rest[--this.tail];
    this.rest[this.tail] = undefined;
    if (this.head === this.tail) this.emptied();
    return item;
  }

  /** Removes and answers those for which `takes` holds; the others keep their order. */
  remove(takes: (item: T) => boolean): T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      (takes(item) ? removed : kept).push(item);
    }
    for (const item of kept) this.push(item);
    return removed;
  }

  forEach(visit: (item: T) => void): void {
    if (this.first !== undefined) visit(this.first);
    for (let at = this.head; at < this.tail; at++) {
      const item = this.rest[at];
      if (item !== undefined) visit(item);
    }
  }

  clear(): void {
    this.first = undefined;
    this.rest = NO_ROOM;
    this.head = this.tail = 0;
  }

  private append(item: T): void {
    if (this.rest === NO_ROOM) this.rest = [];
    this.rest[this.tail++] = item;
  }

  private shiftRest(): T | undefined {
    const item = this.rest[this.head];
    this.rest[this.head++] = undefined;
    if (this.head === this.tail) this.emptied();
    else if (this.head >= COMPACT_AFTER && this.head * 2 >= this.tail) this.compact();
    return item;
  }

  private emptied(): void {
    if (this.tail > ROOM_KEPT_MAX) this.rest = NO_ROOM;
    this.head = this.tail = 0;
  }

  private compact(): void {
    this.rest = this.rest.slice(this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }
}

const NO_ROOM: never[] = [];
/** Slots left empty before the rest is moved: rare enough to cost nothing per item. */
const COMPACT_AFTER = 64;
/** A burst need not cost memory for ever. */
const ROOM_KEPT_MAX = 64;
