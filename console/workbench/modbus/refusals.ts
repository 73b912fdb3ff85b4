/** The last refusal at each tag, kept where it happened until it is dismissed or a write succeeds. */
import type { Answer } from "./line.ts";

export interface Refusal {
  readonly answer: Answer;
  readonly words: string;
  readonly atMs: number;
}

export class Refusals {
  private refusals: ReadonlyMap<string, Refusal> = new Map();
  private readonly listeners = new Set<() => void>();

  /** Never changed, only replaced. */
  get all(): ReadonlyMap<string, Refusal> {
    return this.refusals;
  }

  put(tag: string, refusal: Refusal): void {
    this.become(new Map(this.refusals).set(tag, refusal));
  }

  clear(tag: string): void {
    if (!this.refusals.has(tag)) return;
    const rest = new Map(this.refusals);
    rest.delete(tag);
    this.become(rest);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private become(refusals: ReadonlyMap<string, Refusal>): void {
    this.refusals = refusals;
    for (const listener of this.listeners) listener();
  }
}
