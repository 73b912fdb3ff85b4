/**
 * The latest reading of every tag, for a table that shows many: readings may arrive by the
 * thousand, but rows are told at most once a frame, and only those that changed.
 */
export type Quality =
  /** Never read in this session. */
  | "none"
  | "good"
  /** A rule of the broker or the asset itself refused the read; `why` says which. */
  | "refused"
  /** No answer. The value is the last one known, if any. */
  | "lost"
  /** The channel is away, which is told once above, not at every tag. */
  | "stale";

export interface Reading {
  readonly quality: Quality;
  /** As read last, also when a later read failed. */
  readonly value: number | undefined;
  readonly registers: readonly number[];
  /** When the value was read. */
  readonly atMs: number;
  readonly why: string;
}

export const NEVER_READ: Reading = {
  quality: "none",
  value: undefined,
  registers: [],
  atMs: 0,
  why: "",
};

export class TagBoard {
  private readonly readings = new Map<string, Reading>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private readonly changed = new Set<string>();
  private readonly frame: (call: () => void) => void;
  private scheduled = false;
  private shown: (() => void)[] = [];

  /** @param frame calls back before the next picture, as `requestAnimationFrame` does */
  constructor(frame: (call: () => void) => void) {
    this.frame = frame;
  }

  get(tag: string): Reading {
    return this.readings.get(tag) ?? NEVER_READ;
  }

  put(tag: string, reading: Reading): void {
    this.readings.set(tag, reading);
    this.changed.add(tag);
    this.schedule();
  }

  /** The read failed: what was known stays, marked with why. */
  fail(tag: string, quality: Exclude<Quality, "none" | "good">, why: string): void {
    this.put(tag, { ...this.get(tag), quality, why });
  }

  subscribe(tag: string, listener: () => void): () => void {
    const set = this.listeners.get(tag) ?? new Set();
    set.add(listener);
    this.listeners.set(tag, set);
    return () => set.delete(listener);
  }

  /** Calls once, when all that was put so far has been shown. */
  whenShown(call: () => void): void {
    this.shown.push(call);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.frame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const changed = [...this.changed];
    this.changed.clear();
    for (const tag of changed) {
      for (const listener of this.listeners.get(tag) ?? []) listener();
    }
    for (const call of this.shown.splice(0)) call();
  }
}
