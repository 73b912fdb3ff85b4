/** What was asked in this session and what became of it: the log tab, and where refusals are looked up. */
import type { SessionEvent } from "../session-state.ts";

export type Verdict = "asked" | "permit" | "deny" | "hold";

export interface LogEntry {
  readonly id: number;
  readonly atMs: number;
  readonly kind: "read" | "write" | "call";
  /** In words: tag or table and address, values. */
  readonly what: string;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly reason: string;
  /** What the asset answered, in words; empty while it has not. */
  readonly outcome: string;
  readonly failed: boolean;
}

/** The newest this many are kept: the recording keeps all. */
export const LOG_ENTRIES_MAX = 2_000;

export type Decision = Extract<SessionEvent, { kind: "decision" }>;

export class OperationLog {
  private entries: readonly LogEntry[] = [];
  private nextId = 1;
  private readonly listeners = new Set<() => void>();

  /** Newest first. The array is never changed, only replaced. */
  get all(): readonly LogEntry[] {
    return this.entries;
  }

  add(entry: Omit<LogEntry, "id">): number {
    const id = this.nextId++;
    this.become([{ ...entry, id }, ...this.entries.slice(0, LOG_ENTRIES_MAX - 1)]);
    return id;
  }

  change(id: number, change: Partial<Omit<LogEntry, "id">>): void {
    this.become(this.entries.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private become(entries: readonly LogEntry[]): void {
    this.entries = entries;
    for (const listener of this.listeners) listener();
  }
}
