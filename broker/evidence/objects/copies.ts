/**
 * Sees to it that every closed recording gets a proven copy in the object store, and that what is
 * on this machine goes by the site's rule and not before. Nothing of recording waits for any of
 * it: a store that is away only makes the list of what waits longer, and that list is the
 * recordings folder itself.
 *
 * Which of two is at fault, the store or one recording, is told by the others: a failure counts
 * against a recording only where another one came through since its last attempt. One that fails
 * so again and again is parked and rings; it is tried again once a day.
 */
import type { Clock } from "../../clock.ts";
import { isSessionId } from "../session-id.ts";
import type { Volume } from "../volume.ts";
import type { CopyAsked, CopyBrief, CopyWork } from "./copy-work.ts";
import type { BucketFeatures, Locked } from "./object-store.ts";

export type CopyWorker = Pick<
  CopyWork,
  "survey" | "features" | "copy" | "proveAgain" | "read" | "takeAway" | "hold" | "bury"
> & {
  /** What is under way rejects, and goes on after the next start. */
  close(): Promise<void>;
};

export interface CopiesParts {
  readonly volume: Volume;
  readonly recordings: string;
  readonly clock: Clock;
  readonly work: CopyWorker;
  readonly rules: CopyRules;
  keyOf(session: string): string;
  /** The volume of the recordings is so full that what is proven elsewhere may go. */
  needsRoom(): boolean;
  /** The index for searching holds all of it. */
  isIndexed(session: string): boolean;
  /** Told whenever something about it is another than before. */
  changed(state: CopiesState): void;
  /** What the store gives back is not what it was given. */
  differs(session: string, cause: string): void;
  /** Its segments went from this machine; the copy was read back whole just before. */
  wentAway(session: string, bytes: number): void;
}

export interface CopyRules {
  readonly lock: { readonly mode: Locked["mode"]; readonly forMs: number } | undefined;
  readonly local:
    | { readonly kind: "forever" | "until-full" }
    | { readonly kind: "for"; readonly ms: number };
}

export interface CopiesState {
  /** Why nothing comes through now, and since when. */
  readonly away: { readonly cause: string; readonly sinceMs: number } | undefined;
  readonly waiting: number;
  readonly waitingBytes: number;
  /** End of the one that waits longest. */
  readonly oldestMs: number | undefined;
  /** Tried often enough: the oldest ones. */
  readonly parked: readonly { readonly session: string; readonly cause: string }[];
  /** Proven. */
  readonly stored: number;
  /** Of them, those of which only the copy has the segments. */
  readonly onlyThere: number;
  readonly lastMs: number | undefined;
  readonly features: BucketFeatures | undefined;
}

type Closed = Extract<CopyBrief, { state: "waiting" | "stored" }>;
interface Waiting {
  readonly brief: Extract<CopyBrief, { state: "waiting" }>;
  tries: number;
  /** Tries that another recording came through in between. */
  ownFaults: number;
  othersBefore: number;
  nextMs: number;
  parked: string | undefined;
}

/** Key frames of pictures are made a moment after the end. */
const SETTLE_MS = 10_000;
const LOOK_MS = 10_000;
const RETRY_FIRST_MS = 15_000;
const RETRY_MAX_MS = 5 * 60_000;
const PARKED_RETRY_MS = 24 * 60 * 60_000;
/** Of a recording's own faults. */
const FAULTS_MAX = 5;
/** In turn, without one that comes through: the store is what is at fault. */
const FAILURES_IN_TURN = 3;
const SURVEYED_AT_ONCE = 200;
/** Shown and named in the alarm. */
const PARKED_SHOWN = 20;
/** Between two looks at what else is due. */
const TAKEN_AWAY_AT_ONCE = 20;
/** A lock or a hold in the store keeps a deleted recording: asked again so often. */
const BURY_AGAIN_MS = 60 * 60_000;

export class Copies {
  private readonly parts: CopiesParts;
  private readonly waiting = new Map<string, Waiting>();
  private readonly stored = new Map<string, Extract<CopyBrief, { state: "stored" }>>();
  private readonly deleted = new Map<string, { nextMs: number }>();
  private readonly gone = new Set<string>();
  private features: BucketFeatures | undefined;
  private away: CopiesState["away"];
  private pauseMs = LOOK_MS;
  private cameThrough = 0;
  private failuresInTurn = 0;
  private lastMs: number | undefined;
  private stopTimer: (() => void) | undefined;
  private passing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(parts: CopiesParts) {
    this.parts = parts;
  }

  start(): void {
    if (this.stopped) return;
    this.passing = this.pass()
      // Nothing in a pass may end the broker: it is tried again.
      .catch((error: unknown) => this.troubled(error))
      .then(() => this.rest());
  }

  /** Breaks off what is under way: nobody waits for the store when the broker stops. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.stopTimer?.();
    await this.parts.work.close();
    await this.passing;
  }

  /** Resolves when the pass that is under way is over. */
  get passed(): Promise<void> {
    return this.passing;
  }

  /** It was held, released or deleted. */
  changed(session: string): void {
    for (const known of [this.stored, this.deleted, this.gone]) known.delete(session);
  }

  /** Only the store has its segments. */
  isOnlyThere(session: string): boolean {
    return this.stored.get(session)?.isHere === false;
  }

  get state(): CopiesState {
    const left = [...this.waiting.values()];
    const parked = left.filter((one) => one.parked !== undefined);
    const due = left.filter((one) => one.parked === undefined);
    return {
      away: this.away,
      waiting: due.length,
      waitingBytes: due.reduce((sum, { brief }) => sum + brief.bytes, 0),
      oldestMs: due.length === 0 ? undefined : Math.min(...due.map(({ brief }) => brief.endedMs)),
      parked: parked
        .slice(0, PARKED_SHOWN)
        .map(({ brief, parked: cause = "" }) => ({ session: brief.session, cause })),
      stored: this.stored.size,
      onlyThere: [...this.stored.values()].filter(({ isHere }) => !isHere).length,
      lastMs: this.lastMs,
      features: this.features,
    };
  }

  private rest(): void {
    this.parts.changed(this.state);
    if (this.stopped) return;
    this.stopTimer = this.parts.clock.after(this.pauseMs, () => this.start());
  }

  private async pass(): Promise<void> {
    await this.survey();
    this.parts.changed(this.state);
    if (!(await this.knowsStore())) return;
    await this.copyWaiting();
    if (this.away !== undefined && !(await this.isBack())) return;
    await this.mirrorHolds();
    await this.buryDeleted();
    await this.takeAwayDue();
  }

  private async survey(): Promise<void> {
    const { volume, recordings, work } = this.parts;
    const there = (await volume.list(recordings)).filter(isSessionId);
    const unknown = there.filter((session) => !this.isKnown(session));
    for (let at = 0; at < unknown.length && !this.stopped; at += SURVEYED_AT_ONCE) {
      const briefs = await work.survey(unknown.slice(at, at + SURVEYED_AT_ONCE));
      for (const brief of briefs) this.take(brief);
    }
  }

  private isKnown(session: string): boolean {
    const known = [this.waiting, this.stored, this.deleted, this.gone];
    return known.some((one) => one.has(session));
  }

  private take(brief: CopyBrief): void {
    const { session, state } = brief;
    if (state === "gone") this.gone.add(session);
    else if (state === "deleted") this.deleted.set(session, { nextMs: 0 });
    else if (state === "stored") this.stored.set(session, brief);
    else if (state === "waiting" && brief.endedMs + SETTLE_MS <= this.nowMs) {
      const fresh = { tries: 0, ownFaults: 0, othersBefore: this.cameThrough, nextMs: 0 };
      this.waiting.set(session, { brief, ...fresh, parked: undefined });
    }
  }

  /** What the bucket offers decides how copies are labelled: nothing is sent before it is known. */
  private async knowsStore(): Promise<boolean> {
    if (this.features !== undefined) return true;
    try {
      this.features = await this.parts.work.features();
      if (this.parts.rules.lock === undefined || this.features.lock) return true;
      this.features = undefined;
      throw new Error("the bucket has no Object Lock, which SALLYPORT_OBJECTS_LOCK asks for");
    } catch (error) {
      this.troubled(error);
      return false;
    }
  }

  /** Where nothing waits, nothing that comes through can tell. */
  private async isBack(): Promise<boolean> {
    if (this.stopped || this.waiting.size > 0) return false;
    this.features = await this.parts.work.features();
    this.away = undefined;
    this.pauseMs = LOOK_MS;
    return true;
  }

  private async copyWaiting(): Promise<void> {
    this.failuresInTurn = 0;
    const due = [...this.waiting.values()]
      .filter(({ nextMs }) => nextMs <= this.nowMs)
      .sort((a, b) => a.tries - b.tries || a.brief.endedMs - b.brief.endedMs);
    for (const one of due) {
      if (this.stopped || this.failuresInTurn >= FAILURES_IN_TURN) return;
      await this.copyOne(one);
      this.parts.changed(this.state);
    }
  }

  private async copyOne(one: Waiting): Promise<void> {
    const { brief } = one;
    const { session } = brief;
    try {
      const [now] = await this.parts.work.survey([session]);
      if (now?.state === "waiting") await this.parts.work.copy(this.askedOf(now));
      this.waiting.delete(session);
      const [after] = await this.parts.work.survey([session]);
      if (after) this.take(after);
      if (now?.state === "waiting") this.succeeded();
    } catch (error) {
      this.failed(one, error);
    }
  }

  private askedOf({ session, endedMs, held }: Closed): CopyAsked {
    const { rules } = this.parts;
    const { nowMs } = this;
    const untilMs = endedMs + (rules.lock?.forMs ?? 0);
    // The store takes no lock that ends in the past.
    const lock = rules.lock && untilMs > nowMs + LOOK_MS ? { ...rules.lock, untilMs } : undefined;
    return {
      ...{ session, key: this.parts.keyOf(session), nowMs },
      lock: lock && { mode: lock.mode, untilMs },
      held: held && this.features?.lock === true,
    };
  }

  private succeeded(): void {
    this.cameThrough += 1;
    this.failuresInTurn = 0;
    this.lastMs = this.nowMs;
    this.pauseMs = LOOK_MS;
    if (this.away === undefined) return;
    this.away = undefined;
    // What failed with all others has no fault of its own to wait for.
    for (const one of this.waiting.values()) if (one.parked === undefined) one.nextMs = 0;
  }

  private failed(one: Waiting, error: unknown): void {
    const cause = causeOf(error);
    const { session } = one.brief;
    const isDamaged = nameOf(error) === "RecordingDamaged";
    if (nameOf(error) === "CopyDiffers") this.parts.differs(session, cause);
    one.tries += 1;
    if (this.cameThrough > one.othersBefore) one.ownFaults += 1;
    one.othersBefore = this.cameThrough;
    one.nextMs = this.nowMs + backoff(one.tries);
    if (isDamaged || one.ownFaults >= FAULTS_MAX || one.parked !== undefined) {
      one.parked = cause;
      one.nextMs = this.nowMs + PARKED_RETRY_MS;
    }
    if (isDamaged) return;
    this.failuresInTurn += 1;
    // One alone says nothing of the store, unless it is all that there is.
    const isAll = this.waiting.size <= this.failuresInTurn && one.parked === undefined;
    if (this.failuresInTurn >= FAILURES_IN_TURN || isAll) this.troubled(error);
  }

  private troubled(error: unknown): void {
    if (this.stopped) return;
    this.away = { cause: causeOf(error), sinceMs: this.away?.sinceMs ?? this.nowMs };
    this.pauseMs = Math.min(Math.max(this.pauseMs, RETRY_FIRST_MS / 2) * 2, RETRY_MAX_MS);
  }

  private async mirrorHolds(): Promise<void> {
    if (this.features?.lock !== true) return;
    for (const brief of [...this.stored.values()]) {
      if (this.stopped) return;
      if (brief.held === brief.heldThere) continue;
      await this.parts.work.hold(brief.session, brief.held);
      this.stored.set(brief.session, { ...brief, heldThere: brief.held });
    }
  }

  private async buryDeleted(): Promise<void> {
    for (const [session, one] of [...this.deleted]) {
      if (this.stopped) return;
      if (one.nextMs > this.nowMs) continue;
      try {
        await this.parts.work.bury(session, this.parts.keyOf(session));
        this.deleted.delete(session);
        this.gone.add(session);
      } catch {
        // A lock that has not run out: the site's own rule is shorter than it was.
        one.nextMs = this.nowMs + BURY_AGAIN_MS;
      }
    }
  }

  private async takeAwayDue(): Promise<void> {
    const oldestFirst = [...this.stored.values()]
      .filter((brief) => brief.isHere && !brief.held)
      .sort((a, b) => a.endedMs - b.endedMs);
    let taken = 0;
    for (const brief of oldestFirst) {
      if (this.stopped || taken >= TAKEN_AWAY_AT_ONCE || !this.mayGo(brief)) return;
      if (!this.parts.isIndexed(brief.session)) continue;
      taken += 1;
      if (!(await this.takeAway(brief))) return;
    }
  }

  private mayGo({ endedMs }: Closed): boolean {
    const { rules, needsRoom } = this.parts;
    if (rules.local.kind === "forever") return false;
    if (rules.local.kind === "for" && endedMs + rules.local.ms <= this.nowMs) return true;
    return needsRoom();
  }

  private async takeAway(brief: Extract<CopyBrief, { state: "stored" }>): Promise<boolean> {
    const { work } = this.parts;
    const { session } = brief;
    try {
      // What was proven weeks ago may be gone since: this is the last moment to find out.
      await work.proveAgain(session, this.nowMs);
      const bytes = await work.takeAway(session, this.nowMs);
      this.stored.set(session, { ...brief, isHere: false });
      this.parts.wentAway(session, bytes);
      return true;
    } catch (error) {
      if (nameOf(error) === "CopyDiffers") {
        this.parts.differs(session, causeOf(error));
        this.changed(session);
      } else this.troubled(error);
      return false;
    }
  }

  private get nowMs(): number {
    return this.parts.clock.wallMs();
  }
}

function backoff(tries: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** Math.min(tries - 1, 10), RETRY_MAX_MS);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
