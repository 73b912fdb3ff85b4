/**
 * A queue whose `shift` does not move the rest: arrays of thousands would. One that is filled and
 * emptied again and again keeps its room, as those on the hot path are.
 */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;
  private tail = 0;

  get length(): number {
    return this.tail - this.head;
  }

  push(item: T): void {
    this.items[this.tail++] = item;
  }

  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.head === this.tail) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head === this.tail) this.emptied();
    else if (this.head >= COMPACT_AFTER && this.head * 2 >= this.tail) this.compact();
    return item;
  }

  /** Takes the newest back. */
  pop(): T | undefined {
    if (this.head === this.tail) return undefined;
    const item = this.items[--this.tail];
    this.items[this.tail] = undefined;
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
    this.items = kept;
    this.tail = kept.length;
    return removed;
  }

  forEach(visit: (item: T) => void): void {
    for (let at = this.head; at < this.tail; at++) {
      const item = this.items[at];
      if (item !== undefined) visit(item);
    }
  }

  clear(): void {
    this.items = [];
    this.head = this.tail = 0;
  }

  private emptied(): void {
    if (this.tail > ROOM_KEPT_MAX) this.items = [];
    this.head = this.tail = 0;
  }

  private compact(): void {
    this.items = this.items.slice(this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }
}

/** Slots left empty before the rest is moved: rare enough to cost nothing per item. */
const COMPACT_AFTER = 64;
/** A burst need not cost memory for ever. */
const ROOM_KEPT_MAX = 64;
