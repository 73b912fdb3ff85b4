/** The page's side of a web panel's session: nothing passes here but what was decided. */
import type { SessionEvent } from "../session-state.ts";
import type { Desk, Way } from "../use-session.ts";

type Decided = Extract<SessionEvent, { kind: "decision" }>;

export interface Refused {
  readonly atMs: number;
  readonly verdict: "deny" | "hold";
  readonly rule: string;
  readonly reason: string;
  /** Unique on the page. */
  readonly id: number;
}

/** More than a person reads back; the recording has them all. */
const KEPT_MAX = 100;

export class RefusalsDesk implements Desk {
  private refused: readonly Refused[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly nowMs: () => number;
  private last = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** The latest first. Never changed, only replaced. */
  readonly all = (): readonly Refused[] => this.refused;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  connect(_way: Way): void {}

  attached(): void {}

  away(): void {}

  bytes(_bytes: Uint8Array, shown: () => void): void {
    shown();
  }

  decision({ verdict, rule, reason }: Decided): void {
    if (verdict === "permit") return;
    const entry = { atMs: this.nowMs(), verdict, rule, reason, id: ++this.last };
    this.refused = [entry, ...this.refused].slice(0, KEPT_MAX);
    for (const listener of this.listeners) listener();
  }
}
