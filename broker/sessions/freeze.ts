/**
 * What keeps a session from changing anything, without ending it: a recorder that cannot write
 * (then as the profile says: `stop` ends it; `freeze` lets reads pass for minutes, as a marked
 * gap), a person who froze it, until someone resumes it, or a standing condition that is not met
 * (nobody watches, a key switch is off). Each alone is enough.
 */
import type { RefusalKind } from "../../protocols/guard.ts";
import type { Clock } from "../clock.ts";
import type { RecorderState } from "../evidence/recorder.ts";
import type { Profile } from "../plant/model.ts";
import type { Cause, Condition } from "./session.ts";

/** A gap longer than this is no longer a recording (EVIDENCE.md, "When recording fails"). */
const FROZEN_MAX_MS = 5 * 60_000;

export interface FreezeParts {
  readonly clock: Clock;
  readonly mode: Profile["onRecorderFailure"];
  changed(frozen: boolean, cause: string): void;
  ended(cause: Cause): void;
}

/** How a change is refused meanwhile. */
export interface Obstacle {
  readonly rule: string;
  readonly refusal: RefusalKind;
  readonly reason: string;
}

const CANNOT_RECORD: Obstacle = {
  ...{ rule: "recorder", refusal: "unavailable", reason: "nothing can be recorded now" },
};

export class Freeze {
  private readonly parts: FreezeParts;
  private stopTimer: (() => void) | undefined;
  /** Nothing can be recorded. */
  private mute = false;
  /** Who froze it, and why. */
  by: Cause | undefined;
  /** Standing conditions by name; undefined while one is met. */
  private readonly standing = new Map<string, Cause | undefined>();

  constructor(parts: FreezeParts) {
    this.parts = parts;
  }

  get frozen(): boolean {
    return this.mute || this.isStill;
  }

  /** A person froze it, or a condition is not met: only what observes is held. */
  get isStill(): boolean {
    return this.by !== undefined || this.unmet !== undefined;
  }

  get conditions(): readonly Condition[] {
    return [...this.standing].map(([name, unmet]) => ({ name, unmet: unmet ?? null }));
  }

  /** Undefined while changes may pass. */
  get obstacle(): Obstacle | undefined {
    if (this.mute) return CANNOT_RECORD;
    const still = this.by ?? this.unmet;
    return still && { rule: still.rule, refusal: "busy", reason: still.reason };
  }

  /** False if it was unmet for the same reason before. */
  lapse(condition: string, cause: Cause): boolean {
    const before = this.standing.get(condition);
    this.standing.set(condition, cause);
    return before?.rule !== cause.rule || before.reason !== cause.reason;
  }

  /** False if it was met before. */
  meet(condition: string): boolean {
    const before = this.standing.get(condition);
    this.standing.set(condition, undefined);
    return before !== undefined;
  }

  private get unmet(): Cause | undefined {
    for (const cause of this.standing.values()) if (cause) return cause;
    return undefined;
  }

  recorderIs(state: RecorderState): void {
    if (state.kind === "ready") this.thaw();
    else if (this.parts.mode === "stop") this.parts.ended(cannotRecord(state.cause));
    else if (!this.mute) this.freeze(state.cause);
  }

  stop(): void {
    this.stopTimer?.();
  }

  private freeze(cause: string): void {
    this.mute = true;
    this.stopTimer = this.parts.clock.after(FROZEN_MAX_MS, () =>
      this.parts.ended(cannotRecord(cause)),
    );
    this.parts.changed(true, cause);
  }

  private thaw(): void {
    if (!this.mute) return;
    this.mute = false;
    this.stopTimer?.();
    this.parts.changed(false, "recording goes on");
  }
}

function cannotRecord(cause: string): Cause {
  return { rule: "recorder", reason: `nothing can be recorded: ${cause}` };
}
