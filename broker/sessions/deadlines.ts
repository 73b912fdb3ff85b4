/**
 * When a session ends by itself: the end of its grant or its longest duration, nobody doing
 * anything, the owner staying away. Polling is not doing anything.
 *
 * The end is a wall-clock time, and wall clocks step: it counts as reached when the wall clock
 * says so or when that much time has really passed, whichever comes first. So does idle. A machine
 * that slept has both: its timers stood still, so each operation asks too.
 */
import type { SessionLimits } from "../access/permit.ts";
import type { Clock } from "../clock.ts";
import type { Calm } from "./calm.ts";
import type { Cause, SessionEvent } from "./session.ts";

/** A stepped clock is noticed within this time. */
const RECHECK_MS = 30_000;
/** The owner is told this long before. */
const WARNING_MS = 60_000;

export interface DeadlinesParts {
  readonly clock: Clock;
  readonly calm: Calm;
  readonly limits: Omit<SessionLimits, "renewMs">;
  readonly grantUntilMs: number;
  ended(cause: Cause): void;
  warn(event: Extract<SessionEvent, { kind: "deadline" }>): void;
}

export class Deadlines {
  private readonly parts: DeadlinesParts;
  private readonly clock: Clock;
  private untilWallMs: number;
  private untilMs: number;
  private untilRule: "grant-end" | "absolute";
  private activeMs: number;
  private awayMs: number | undefined;
  /** A client of the owner's own is at work: no page takes it along when it goes. */
  private hasTool = false;
  /** Before then nothing but the wall clock can end it: asked at every operation. */
  private soonestMs = 0;
  private untilWarned = false;
  private idleWarned = false;
  private stopTimer: (() => void) | undefined;
  private over = false;
  /** Wall time of the last activity, for people. */
  lastActivityMs: number;

  constructor(parts: DeadlinesParts) {
    const { clock, limits, grantUntilMs } = parts;
    this.parts = parts;
    this.clock = clock;
    this.untilWallMs = Math.min(limits.untilMs, grantUntilMs);
    this.untilRule = grantUntilMs <= limits.untilMs ? "grant-end" : "absolute";
    this.activeMs = clock.monotonicMs();
    this.untilMs = this.activeMs + Math.max(0, this.untilWallMs - clock.wallMs());
    this.lastActivityMs = clock.wallMs();
    this.arm();
  }

  /** A person did something. */
  active(): void {
    if (this.over) return;
    this.parts.calm.end();
    this.activeMs = this.clock.monotonicMs();
    this.lastActivityMs = this.clock.wallMs();
    if (!this.idleWarned) return;
    this.idleWarned = false;
    this.warn("idle", this.idleLeftMs(this.activeMs));
    this.arm();
  }

  ownerPresent(present: boolean, by: "page" | "tool" = "page"): void {
    if (by === "tool") this.hasTool = present;
    this.awayMs = present || this.hasTool ? undefined : (this.awayMs ?? this.clock.monotonicMs());
    this.mayBeSooner();
    this.arm();
  }

  /** The end moved: more time was given, or some was taken. The owner is told the new end. */
  moveEnd(untilWallMs: number, rule: "grant-end" | "absolute"): void {
    if (this.over) return;
    const nowMs = this.clock.monotonicMs();
    this.untilWallMs = untilWallMs;
    this.mayBeSooner();
    this.untilRule = rule;
    this.untilMs = nowMs + Math.max(0, untilWallMs - this.clock.wallMs());
    this.untilWarned = false;
    this.warn(rule, this.untilMs - nowMs);
    this.arm();
  }

  /** Until then nothing ends it, on both clocks; good from a `check` to the next change. */
  get soonest(): { readonly untilMs: number; readonly untilWallMs: number } {
    return { untilMs: this.soonestMs, untilWallMs: this.soonestWallMs() };
  }

  private mayBeSooner(): void {
    this.soonestMs = 0;
    this.parts.calm.end();
  }

  get endsMs(): number {
    return this.untilWallMs;
  }

  /** True, and the session told, if a deadline has passed: timers may come late. */
  check(nowMs: number, wallMs = this.clock.wallMs()): boolean {
    if (this.over) return true;
    if (nowMs < this.soonestMs && wallMs < this.soonestWallMs()) return false;
    const cause = this.passed(nowMs, wallMs);
    if (!cause) {
      this.soonestMs =
        nowMs + Math.min(this.untilMs - nowMs, this.idleLeftMs(nowMs), this.leaseLeftMs(nowMs));
      return false;
    }
    this.stop();
    this.parts.ended(cause);
    return true;
  }

  stop(): void {
    this.over = true;
    this.parts.calm.end();
    this.stopTimer?.();
  }

  private passed(nowMs: number, wallMs: number): Cause | undefined {
    if (nowMs >= this.untilMs || wallMs >= this.untilWallMs) return this.untilCause();
    if (this.idleLeftMs(nowMs) <= 0) {
      const minutes = Math.round(this.parts.limits.idleMs / 6_000) / 10;
      return { rule: "idle", reason: `nobody did anything for ${minutes} minutes` };
    }
    if (this.leaseLeftMs(nowMs) <= 0) {
      const seconds = Math.round(this.parts.limits.leaseMs / 1_000);
      return { rule: "lease", reason: `the owner's page was away for ${seconds} seconds` };
    }
    return undefined;
  }

  private untilCause(): Cause {
    return this.untilRule === "grant-end"
      ? { rule: "grant-end", reason: "the grant has ended" }
      : { rule: "absolute", reason: "the longest duration of a session has passed" };
  }

  private tick(): void {
    const nowMs = this.clock.monotonicMs();
    if (this.check(nowMs)) return;
    this.warnIfDue(nowMs);
    this.arm();
  }

  private warnIfDue(nowMs: number): void {
    if (!this.untilWarned && this.untilMs - nowMs <= WARNING_MS) {
      this.untilWarned = true;
      this.warn(this.untilRule, this.untilMs - nowMs);
    }
    if (!this.idleWarned && this.idleLeftMs(nowMs) <= this.idleWarningMs()) {
      this.idleWarned = true;
      this.warn("idle", this.idleLeftMs(nowMs));
    }
  }

  private warn(rule: "grant-end" | "idle" | "absolute", leftMs: number): void {
    this.parts.warn({ kind: "deadline", rule, atMs: this.clock.wallMs() + leftMs });
  }

  private arm(): void {
    this.stopTimer?.();
    if (this.over) return;
    const nowMs = this.clock.monotonicMs();
    const untilLeftMs = this.untilMs - nowMs;
    const idleLeftMs = this.idleLeftMs(nowMs);
    const dueMs = Math.min(
      RECHECK_MS,
      this.untilWarned ? untilLeftMs : untilLeftMs - WARNING_MS,
      untilLeftMs,
      this.idleWarned ? idleLeftMs : idleLeftMs - this.idleWarningMs(),
      this.leaseLeftMs(nowMs),
    );
    this.stopTimer = this.clock.after(Math.max(1, Math.ceil(dueMs)), () => this.tick());
  }

  /** By whichever clock says less: while the machine slept only the wall clock went on. */
  private idleLeftMs(nowMs: number): number {
    const { idleMs } = this.parts.limits;
    const passedMs = Math.max(nowMs - this.activeMs, this.clock.wallMs() - this.lastActivityMs);
    return idleMs - passedMs;
  }

  private soonestWallMs(): number {
    return Math.min(this.untilWallMs, this.lastActivityMs + this.parts.limits.idleMs);
  }

  private idleWarningMs(): number {
    return Math.min(WARNING_MS, this.parts.limits.idleMs / 2);
  }

  private leaseLeftMs(nowMs: number): number {
    if (this.awayMs === undefined) return Number.POSITIVE_INFINITY;
    return this.awayMs + this.parts.limits.leaseMs - nowMs;
  }
}
