/**
 * Reads a plan again and again at a chosen rate, never faster than the endpoint allows and never
 * faster than the asset answers.
 */
import type { Clock } from "../clock.ts";
import type { PlannedRead } from "./plan-reads.ts";

/** Reads of one cycle on their way at once: hides the way to the plant without filling its queue. */
export const READS_AT_ONCE = 4;

/** A cycle may take this share of the period; slower replies stretch the period instead. */
const BUSY_SHARE_MAX = 0.8;

/** How much of the newest cycle goes into the running mean: follows a change within some cycles. */
const MEAN_WEIGHT = 0.3;

export interface PollRate {
  readonly chosenMs: number;
  /** The endpoint's own shortest period, for a cycle of `READS_IN_MIN` reads. */
  readonly minMs: number;
}

/** What the broker reckons with when it tells an endpoint's shortest period. */
const READS_IN_MIN = 4;

/** The period actually kept, given how many reads a cycle has and how long it takes on average. */
export function periodFor(rate: PollRate, reads: number, cycleMs: number): number {
  const leastMs = rate.minMs * Math.max(1, reads / READS_IN_MIN);
  return Math.max(rate.chosenMs, leastMs, Math.ceil(cycleMs / BUSY_SHARE_MAX));
}

export interface PollerDeps {
  readonly clock: Clock;
  /** Never rejects: a refusal or a loss is the reader's business. */
  read(read: PlannedRead): Promise<void>;
  /** Called after each cycle. */
  onCycle(cycle: { readonly tookMs: number; readonly periodMs: number }): void;
}

export class Poller {
  private readonly deps: PollerDeps;
  private rate: PollRate;
  private plan: readonly PlannedRead[] = [];
  private wanted = false;
  private visible = true;
  private cycling = false;
  private meanMs = 0;
  private cancelNext: () => void = () => {};

  constructor(deps: PollerDeps, rate: PollRate) {
    this.deps = deps;
    this.rate = rate;
  }

  get running(): boolean {
    return this.wanted && this.visible;
  }

  /** How often each tag of the plan is read now, as long as it runs. */
  get periodMs(): number {
    return periodFor(this.rate, this.plan.length, this.meanMs);
  }

  start(): void {
    this.wanted = true;
    this.kick();
  }

  stop(): void {
    this.wanted = false;
    this.cancelNext();
  }

  /** A page that nobody sees reads nothing. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    if (visible) this.kick();
    else this.cancelNext();
  }

  setRate(rate: PollRate): void {
    this.rate = rate;
    this.kick();
  }

  setPlan(plan: readonly PlannedRead[]): void {
    this.plan = plan;
  }

  /** One cycle now, whether or not polling is on. */
  async once(): Promise<void> {
    if (this.cycling) return;
    this.cycling = true;
    this.cancelNext();
    const startedMs = this.deps.clock.monotonicMs();
    await this.cycle();
    this.cycling = false;
    const tookMs = this.deps.clock.monotonicMs() - startedMs;
    this.meanMs += (tookMs - this.meanMs) * (this.meanMs === 0 ? 1 : MEAN_WEIGHT);
    const { periodMs } = this;
    this.deps.onCycle({ tookMs, periodMs });
    if (this.running) this.later(Math.max(0, periodMs - tookMs));
  }

  private kick(): void {
    if (!this.running || this.cycling) return;
    this.cancelNext();
    void this.once();
  }

  private later(delayMs: number): void {
    this.cancelNext = this.deps.clock.after(delayMs, () => this.kick());
  }

  /** The plan as it is when the cycle begins; stops early when nobody wants the rest. */
  private async cycle(): Promise<void> {
    const waiting = [...this.plan];
    const wasWanted = this.wanted;
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await this.deps.read(next);
        if (wasWanted && !this.running) waiting.length = 0;
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  }
}
