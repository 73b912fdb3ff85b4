/**
 * A leg whose peer says much that is dear to look at, where no answer paces it: presses, bells,
 * empty pictures. It is taken in slices of a few milliseconds, with as long a rest behind each, so
 * that every other session keeps its turn. What costs little passes whole and unseen.
 */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import type { Leg, LegSink } from "./leg.ts";

/** Looked at without a break: other sessions wait so long at most. */
const SLICE_MS = 2;
/** A slice of the dearest bytes still gets on. */
const SLICE_MIN = 64;
/** A socket's own reads are as long: a peer that was never dear is never cut. */
const SLICE_MAX = 65_536;
/** Not looked at: whatever begins is slow, and no flood. */
const FIRST_BYTES = 65_536;

export class PacedLeg implements Leg {
  readonly withdraw?: (cause: string) => void;
  readonly halfClose?: () => void;
  private readonly leg: Leg;
  private readonly workedMs: () => number;
  private sink: LegSink | undefined;
  private slice = SLICE_MAX;
  private heard = 0;
  /** Without a rest. */
  private spentMs = 0;
  /** What was said and not yet handed on. */
  private readonly rest: Uint8Array[] = [];
  private resting: NodeJS.Timeout | undefined;
  private handing = false;
  /** By the channel. */
  private paused = false;
  /** The leg beneath is. */
  private held = false;
  private last: string | undefined;
  /** Why it says no more. */
  private silent: string | undefined;

  /** @param workedMs of this thread alone: a machine busy with others is not the peer's doing */
  constructor(leg: Leg, workedMs = threadMs) {
    this.leg = leg;
    this.workedMs = workedMs;
    if (leg.withdraw) this.withdraw = (cause) => leg.withdraw?.(cause);
    if (leg.halfClose) this.halfClose = () => leg.halfClose?.();
  }

  get waiting(): number {
    return this.leg.waiting ?? 0;
  }

  get givesBack(): boolean {
    return this.leg.givesBack ?? true;
  }

  get endedInOrder(): boolean {
    return this.leg.endedInOrder ?? false;
  }

  get queued(): number {
    return this.leg.queued;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    this.leg.start({
      bytes: (bytes) => this.said(bytes),
      lost: (request, cause) => sink.lost(request, cause),
      withheld: (change, cause) => sink.withheld(change, cause),
      obstacle: (change) => sink.obstacle?.(change),
      spent: (bytes) => sink.spent?.(bytes),
      ...(sink.halfClosed && { halfClosed: (reason: string) => this.halfClosed(reason) }),
      closed: (reason) => this.gone(reason),
      drained: () => sink.drained(),
    });
  }

  write(bytes: Uint8Array, change?: number): void {
    this.leg.write(bytes, change);
  }

  distrust(reason: string): void {
    this.leg.distrust?.(reason);
  }

  pause(): void {
    this.paused = true;
    this.settle();
  }

  resume(): void {
    this.paused = false;
    this.settle();
  }

  close(because?: string): void {
    this.sink = undefined;
    this.rest.length = 0;
    clearTimeout(this.resting);
    this.leg.close(because);
  }

  private said(bytes: Uint8Array): void {
    if (this.rest.length > 0 || this.resting || this.handing) this.rest.push(copyBytes(bytes));
    else {
      this.spentMs = 0;
      this.hand(bytes);
    }
    this.settle();
  }

  private halfClosed(reason: string): void {
    this.silent = reason;
    this.settle();
  }

  /** What was said before still counts. */
  private gone(reason: string): void {
    this.last = reason;
    this.settle();
  }

  private hand(bytes: Uint8Array): void {
    const { length } = bytes;
    const taken = Math.min(length, this.slice);
    const left = taken < length ? copyBytes(bytes.subarray(taken)) : undefined;
    const began = this.workedMs();
    this.handing = true;
    this.sink?.bytes(bytes.subarray(0, taken));
    this.handing = false;
    const ms = this.workedMs() - began;
    if (!this.sink) return;
    if (left) this.rest.unshift(left);
    this.heard += taken;
    if (this.heard <= FIRST_BYTES) return;
    this.slice = sliceAfter(this.slice, taken, ms);
    this.spentMs += ms;
    if (this.spentMs > SLICE_MS) this.takeRest();
  }

  private takeRest(): void {
    this.resting = setTimeout(() => {
      this.resting = undefined;
      this.settle();
    }, this.spentMs);
    this.spentMs = 0;
  }

  /** Hands on what waits, if it may go on; else sees to it that no more comes. */
  private settle(): void {
    if (this.handing) return;
    while (!this.paused && !this.resting && this.sink) {
      const bytes = this.rest.shift();
      if (!bytes) break;
      this.hand(bytes);
    }
    if (!this.sink) return;
    const waits = this.resting !== undefined || this.rest.length > 0;
    if (!waits && this.silent !== undefined) this.fallSilent(this.silent);
    if (!this.sink) return;
    if (!waits && this.last !== undefined) this.end(this.last);
    else if (this.held !== (this.paused || waits)) this.hold(!this.held);
  }

  private hold(held: boolean): void {
    this.held = held;
    if (held) this.leg.pause();
    else this.leg.resume();
  }

  private fallSilent(reason: string): void {
    this.silent = undefined;
    this.sink?.halfClosed?.(reason);
  }

  private end(reason: string): void {
    const { sink } = this;
    this.sink = undefined;
    sink?.closed(reason);
  }
}

/** As many bytes as took `SLICE_MS`; a burst that was a surprise is forgotten soon. */
function sliceAfter(slice: number, taken: number, ms: number): number {
  if (ms <= SLICE_MS / 2) return Math.min(SLICE_MAX, slice * 2);
  if (ms <= SLICE_MS) return slice;
  return Math.max(SLICE_MIN, Math.floor((taken * SLICE_MS) / ms));
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
