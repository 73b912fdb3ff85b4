/**
 * What a session does while nothing can be recorded, as its profile says: `stop` ends it;
 * `freeze` lets nothing above `observe` pass, and reads only for minutes, as a marked gap.
 */
import type { Clock } from "../clock.ts";
import type { RecorderState } from "../evidence/recorder.ts";
import type { Profile } from "../plant/model.ts";
import type { Cause } from "./session.ts";

/** A gap longer than this is no longer a recording (EVIDENCE.md, "When recording fails"). */
const FROZEN_MAX_MS = 5 * 60_000;

export interface FreezeParts {
  readonly clock: Clock;
  readonly mode: Profile["onRecorderFailure"];
  changed(frozen: boolean, cause: string): void;
  ended(cause: Cause): void;
}

export class Freeze {
  private readonly parts: FreezeParts;
  private stopTimer: (() => void) | undefined;
  frozen = false;

  constructor(parts: FreezeParts) {
    this.parts = parts;
  }

  recorderIs(state: RecorderState): void {
    if (state.kind === "ready") this.thaw();
    else if (this.parts.mode === "stop") this.parts.ended(cannotRecord(state.cause));
    else if (!this.frozen) this.freeze(state.cause);
  }

  stop(): void {
    this.stopTimer?.();
  }

  private freeze(cause: string): void {
    this.frozen = true;
    this.stopTimer = this.parts.clock.after(FROZEN_MAX_MS, () =>
      this.parts.ended(cannotRecord(cause)),
    );
    this.parts.changed(true, cause);
  }

  private thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    this.stopTimer?.();
    this.parts.changed(false, "recording goes on");
  }
}

function cannotRecord(cause: string): Cause {
  return { rule: "recorder", reason: `nothing can be recorded: ${cause}` };
}
