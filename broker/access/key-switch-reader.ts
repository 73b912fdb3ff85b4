/**
 * Reads one key switch, again and again and whenever somebody opens a session. What cannot be
 * read is unknown within seconds, and unknown is not on.
 */
import type { Clock } from "../clock.ts";
import type { KeySwitch, KeySwitchInput } from "../plant/model.ts";
import type { PointRange } from "../policy/decision.ts";
import type { LeaseCause } from "./access.ts";

/** Turning the key counts within about this time; a PLC answers hundreds of readings a second. */
export const KEY_SWITCH_EVERY_MS = 1_000;
/** A good reading older than this says nothing about now. */
export const KEY_SWITCH_STALE_MS = 3_000;
/** Who opens a session waits no longer for the reading than a PLC that is well takes. */
const READ_WAIT_MS = 2_500;
/**
 * A probe that cannot be opened (nothing can be recorded, no place on the asset) or brings no
 * reading is tried again, ever later: each try leaves a recording.
 */
const REOPEN_FIRST_MS = 5_000;
const REOPEN_LAST_MS = 80_000;

/** A session of the broker's own that reads, and nothing else; `openProbe` of sessions makes it. */
export interface OpenProbe {
  /** One list of raw values per range. Rejects with the reason. */
  read(ranges: readonly PointRange[]): Promise<readonly (readonly number[])[]>;
  /** Resolves when nothing can be read over it any more. */
  readonly closed: Promise<unknown>;
  end(cause: LeaseCause): void;
}

export interface KeySwitchReading {
  readonly state: "on" | "off" | "unknown";
  /** Why it is unknown. */
  readonly why: string;
  /** Wall clock of the last good reading; null before the first. */
  readonly readMs: number | null;
}

export interface ReaderParts {
  readonly clock: Clock;
  open(): Promise<OpenProbe>;
  /** Why nothing may be read now: a lock. */
  shut(): LeaseCause | undefined;
  /** In the turn in which the state is another one. */
  changed(): void;
}

interface Good {
  readonly on: boolean;
  /** On the monotonic clock. */
  readonly atMs: number;
  readonly wallMs: number;
}

export class KeySwitchReader {
  readonly keySwitch: KeySwitch;
  private readonly parts: ReaderParts;
  private probe: OpenProbe | undefined;
  private reopenMs = Number.NEGATIVE_INFINITY;
  /** Probes opened since the last good reading. */
  private attempts = 0;
  private reading: Promise<KeySwitchReading["state"]> | undefined;
  private good: Good | undefined;
  private why = "it was not read yet";
  private told: KeySwitchReading["state"] = "unknown";
  private stopped = false;
  private stopTick = () => {};
  private stopStale = () => {};

  constructor(keySwitch: KeySwitch, parts: ReaderParts) {
    this.keySwitch = keySwitch;
    this.parts = parts;
  }

  start(): void {
    void this.read().finally(() => {
      if (this.stopped) return;
      this.stopTick = this.parts.clock.after(KEY_SWITCH_EVERY_MS, () => this.start());
    });
  }

  stop(cause: LeaseCause): void {
    this.stopped = true;
    this.stopTick();
    this.stopStale();
    this.probe?.end(cause);
  }

  /** Asked at any moment: a reading that has grown old is none. */
  get now(): KeySwitchReading {
    const { good, why } = this;
    const readMs = good?.wallMs ?? null;
    if (!good || this.isStale(good)) return { state: "unknown", why, readMs };
    return { state: good.on ? "on" : "off", why: "", readMs };
  }

  /** A reading of its own, for somebody who wants to open a session. Never rejects. */
  look(): Promise<KeySwitchReading["state"]> {
    const late = Promise.withResolvers<"unknown">();
    const stop = this.parts.clock.after(READ_WAIT_MS, () => late.resolve("unknown"));
    return Promise.race([this.read(), late.promise]).finally(stop);
  }

  /** A lock came into force: nothing is read behind it, and what was read says nothing. */
  checkShut(): void {
    const shut = this.parts.shut();
    if (!shut) return;
    this.probe?.end(shut);
    this.probe = undefined;
    this.good = undefined;
    this.failed(shut.reason);
  }

  /** One request at a time, whoever asks. */
  private read(): Promise<KeySwitchReading["state"]> {
    this.reading ??= this.readOnce().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readOnce(): Promise<KeySwitchReading["state"]> {
    const { input } = this.keySwitch;
    try {
      const probe = this.probe ?? (await this.open());
      const [values] = await probe.read([rangeOf(input)]);
      if (this.stopped || probe !== this.probe) return "unknown";
      return this.heard(values?.length === 1 && values[0] === input.on);
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
      return "unknown";
    }
  }

  private async open(): Promise<OpenProbe> {
    const { clock } = this.parts;
    const shut = this.parts.shut();
    if (shut) throw new Error(shut.reason);
    if (clock.monotonicMs() < this.reopenMs) throw new Error(this.why);
    const delayMs = Math.min(REOPEN_LAST_MS, REOPEN_FIRST_MS * 2 ** this.attempts);
    this.attempts += 1;
    this.reopenMs = clock.monotonicMs() + delayMs;
    const probe = await this.parts.open();
    const late = this.stopped ? STOPPED : this.parts.shut();
    if (late) {
      probe.end(late);
      throw new Error(late.reason);
    }
    this.probe = probe;
    void probe.closed.then(() => {
      if (this.probe === probe) this.probe = undefined;
    });
    return probe;
  }

  private heard(on: boolean): "on" | "off" {
    const { clock } = this.parts;
    this.good = { on, atMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    this.reopenMs = Number.NEGATIVE_INFINITY;
    this.attempts = 0;
    this.stopStale();
    this.stopStale = clock.after(KEY_SWITCH_STALE_MS + 1, () => this.tell());
    this.why = `it was not read for ${KEY_SWITCH_STALE_MS / 1_000} s`;
    this.tell();
    return on ? "on" : "off";
  }

  private failed(reason: string): void {
    this.why = reason;
    this.tell();
  }

  private tell(): void {
    const { state } = this.now;
    if (this.stopped || state === this.told) return;
    this.told = state;
    this.parts.changed();
  }

  /** By either clock: a machine that slept has one that stood still. */
  private isStale({ atMs, wallMs }: Good): boolean {
    const { clock } = this.parts;
    const ageMs = Math.max(clock.monotonicMs() - atMs, clock.wallMs() - wallMs);
    return ageMs > KEY_SWITCH_STALE_MS;
  }
}

function rangeOf(input: KeySwitchInput): PointRange {
  if (input.kind === "opcua") return { node: input.tag.node };
  const { unitId: unit, table, address } = input.tag;
  return { unit, table, address, count: 1 };
}

const STOPPED: LeaseCause = { rule: "shutdown", reason: "the broker was stopped" };
