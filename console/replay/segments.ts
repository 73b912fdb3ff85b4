/**
 * Segments of a recording, fetched when the play head needs them and dropped when it is far away:
 * memory depends on where one looks, never on how long the recording is.
 */
export interface SegmentSpan {
  readonly number: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Segments kept: the one under the head, its neighbours, and a few that were just visited. */
export const SEGMENTS_KEPT_MAX = 6;

export type Slot<T> =
  | { readonly kind: "loading" }
  | { readonly kind: "loaded"; readonly content: T }
  | { readonly kind: "failed"; readonly message: string };

/** Where in the list a moment lies; between two segments the earlier one, whose state still holds. */
export function segmentAt(spans: readonly SegmentSpan[], atMs: number): number {
  return lastWhere(spans, (span) => span.firstMs <= atMs);
}

export function segmentOf(spans: readonly SegmentSpan[], sequence: number): number {
  return lastWhere(spans, (span) => span.firstSequence <= sequence);
}

function lastWhere(
  spans: readonly SegmentSpan[],
  isBefore: (span: SegmentSpan) => boolean,
): number {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const span = spans[middle];
    if (span && isBefore(span)) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

export class SegmentCache<T> {
  private readonly slots = new Map<number, Slot<T>>();
  private readonly load: (index: number) => Promise<T>;
  private readonly onChange: () => void;
  private readonly keptMax: number;
  /** Counts up when everything is forgotten, so that late answers are not kept. */
  private era = 0;

  /** @param load fetches and decodes one segment, by its place in the list */
  constructor(
    load: (index: number) => Promise<T>,
    onChange: () => void,
    keptMax = SEGMENTS_KEPT_MAX,
  ) {
    this.load = load;
    this.onChange = onChange;
    this.keptMax = keptMax;
  }

  /** What is known of a segment; does not fetch. */
  peek(index: number): Slot<T> | undefined {
    return this.slots.get(index);
  }

  /** Wants these segments, most wanted first; all others may be dropped. */
  want(indexes: readonly number[]): void {
    for (const index of indexes) {
      const slot = this.slots.get(index);
      if (!slot) this.fetch(index);
    }
    this.touch(indexes);
    this.drop(new Set(indexes));
  }

  /** Fetches a failed or outdated segment again. */
  again(index: number): void {
    this.fetch(index);
  }

  forget(): void {
    this.era += 1;
    this.slots.clear();
  }

  private fetch(index: number): void {
    const era = this.era;
    this.slots.set(index, { kind: "loading" });
    const settle = (slot: Slot<T>) => {
      if (era !== this.era || !this.slots.has(index)) return;
      this.slots.set(index, slot);
      this.onChange();
    };
    this.load(index).then(
      (content) => settle({ kind: "loaded", content }),
      (error: unknown) => settle({ kind: "failed", message: messageOf(error) }),
    );
  }

  private touch(indexes: readonly number[]): void {
    for (const index of [...indexes].reverse()) {
      const slot = this.slots.get(index);
      if (!slot) continue;
      this.slots.delete(index);
      this.slots.set(index, slot);
    }
  }

  private drop(wanted: ReadonlySet<number>): void {
    for (const index of this.slots.keys()) {
      if (this.slots.size <= this.keptMax) return;
      if (!wanted.has(index)) this.slots.delete(index);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
