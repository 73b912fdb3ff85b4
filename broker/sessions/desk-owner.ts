/**
 * What the desk asks of its session, part by part. A class, and no object of getters made for each
 * session: the desk asks at every operation, and such objects are all of different shapes.
 */
import type { Capabilities } from "../../protocols/guard.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Freeze, Obstacle } from "./freeze.ts";
import type { Hold } from "./hold.ts";
import type { Rights } from "./rights.ts";
import type { MalwareFound } from "./scans.ts";
import type { LiveSession, SessionEvent } from "./session.ts";
import type { DeskOwner } from "./session-desk.ts";
import type { SessionHooks } from "./session-hooks.ts";
import type { Survey } from "./survey.ts";
import type { Watchers } from "./watchers.ts";

export interface DeskOwnerParts {
  readonly session: LiveSession;
  readonly rights: Rights;
  readonly stillness: Freeze;
  readonly deadlines: Deadlines;
  readonly audience: Watchers;
  readonly survey: Survey;
  readonly hooks: SessionHooks;
}

export class SessionAsOwner implements DeskOwner {
  private readonly parts: DeskOwnerParts;

  constructor(parts: DeskOwnerParts) {
    this.parts = parts;
  }

  get held(): number {
    return this.parts.rights.held;
  }

  get leased(): Capabilities {
    return this.parts.rights.leased;
  }

  get obstacle(): Obstacle | undefined {
    return this.parts.stillness.obstacle;
  }

  changing(): void {
    this.parts.deadlines.active();
  }

  tell(event: SessionEvent): void {
    this.parts.audience.tell(event);
  }

  holding(hold: Hold): void {
    this.parts.survey.held();
    this.parts.hooks.onHold?.(this.parts.session, hold);
  }

  holdsChanged(): void {
    this.parts.hooks.onHoldsChange?.();
  }

  malware(found: MalwareFound): void {
    this.parts.hooks.onMalware?.(this.parts.session, found);
  }

  scannerAway(reason: string): void {
    this.parts.hooks.onScannerAway?.(this.parts.session, reason);
  }

  exchanged(reason: string): void {
    this.parts.hooks.onExchanged?.(this.parts.session, reason);
  }
}
