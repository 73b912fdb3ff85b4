/** The recorder: opens tapes, cuts their segments, and says when nothing can be recorded. */
import type { Header } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import { CLOSE_PATIENCE_MS, type EvidenceLimits, SWEEP_MS } from "./limits.ts";
import { RecordTime } from "./record-time.ts";
import {
  type Recorder,
  type RecorderState,
  RecorderUnavailable,
  type TapeWriter,
} from "./recorder.ts";
import { RecordingFolder } from "./recording-folder.ts";
import type { SealerLink } from "./sealer-link.ts";
import { isSessionId } from "./session-id.ts";
import { SessionTape } from "./session-tape.ts";
import type { Volume } from "./volume.ts";
import type { WriteAhead } from "./write-ahead.ts";

export interface SessionRecorderOptions {
  readonly volume: Volume;
  readonly recordings: string;
  readonly limits: EvidenceLimits;
  readonly clock: Clock;
  readonly writeAhead: WriteAhead;
  /** Says when a recording is closed on disk. */
  readonly sealer: Pick<SealerLink, "untilClosed">;
  /** Why no recording may begin, although those under way go on. */
  refusal(): string | undefined;
}

/** A tape that is being written, as far as the recorder looks after it. */
export interface OpenTape {
  readonly session: string;
  readonly length: number;
  /** Bytes of the segment that is being written. */
  readonly segmentLength: number;
  readonly beganInFile: number | undefined;
  isOlderThan(ageMs: number): boolean;
  cut(): void;
  resume(): void;
  close(): Promise<void>;
  whenDurable(done: (error: Error | undefined) => void): void;
}

/** What a tape that is filled from elsewhere is given. */
export interface TapePlace {
  readonly slot: number;
  onClosed(): void;
}

export class SessionRecorder implements Recorder {
  private readonly options: SessionRecorderOptions;
  private readonly time: RecordTime;
  private readonly tapes = new Map<string, OpenTape>();
  private readonly listeners = new Set<(state: RecorderState) => void>();
  private slotNext = 0;
  private now: RecorderState = { kind: "ready" };
  private sealingTrouble: string | undefined;
  private fullBecause: string | undefined;
  private readonly overQuota = new Set<string>();
  private readonly overQuotaListeners = new Set<(session: string) => void>();
  private stopSweep: (() => void) | undefined;
  private closed = false;

  constructor(options: SessionRecorderOptions) {
    this.options = options;
    this.time = new RecordTime(options.clock);
  }

  get state(): RecorderState {
    return this.now;
  }

  onState(listener: (state: RecorderState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async open(header: Header): Promise<TapeWriter> {
    await this.makePlace(header.session);
    const tape = this.newTape(header);
    tape.begin();
    await this.untilDurable(tape);
    return tape;
  }

  /** A new recording whose tape is filled from elsewhere. Durable as it was made when this resolves. */
  async openWith<T extends OpenTape>(session: string, make: (place: TapePlace) => T): Promise<T> {
    await this.makePlace(session);
    const tape = this.enter(session, make);
    await this.untilDurable(tape);
    return tape;
  }

  /** Goes on with a recording of an earlier run. */
  enter<T extends OpenTape>(session: string, make: (place: TapePlace) => T): T {
    const tape = make({ slot: this.slotNext++, onClosed: () => this.forget(session) });
    this.tapes.set(session, tape);
    this.stopSweep ??= this.options.clock.after(SWEEP_MS, () => this.sweep());
    return tape;
  }

  onOverQuota(listener: (session: string) => void): () => void {
    this.overQuotaListeners.add(listener);
    return () => this.overQuotaListeners.delete(listener);
  }

  isLive(session: string): boolean {
    return this.tapes.has(session);
  }

  /** Ends its present segment. */
  cut(session: string): void {
    this.tapes.get(session)?.cut();
  }

  /** The volume has no room left for recording, or has some again. */
  full(because: string | undefined): void {
    this.fullBecause = because;
    this.refresh();
  }

  /** Something changed in what the recorder rests on. */
  refresh(): void {
    const cause = this.options.writeAhead.failed ?? this.sealingTrouble ?? this.fullBecause;
    const before = this.now;
    if (cause === undefined && before.kind === "ready") return;
    if (cause !== undefined && before.kind === "failed" && before.cause === cause) return;
    const sinceMs = before.kind === "failed" ? before.sinceMs : this.options.clock.wallMs();
    this.now = cause === undefined ? { kind: "ready" } : { kind: "failed", cause, sinceMs };
    for (const listener of this.listeners) listener(this.now);
  }

  sealing(trouble: string | undefined): void {
    this.sealingTrouble = trouble;
    this.refresh();
  }

  /** Records can be written again. */
  resume(): void {
    for (const tape of this.tapes.values()) tape.resume();
    this.refresh();
  }

  /** Closes what is open: those recordings are `aborted`, unless their session ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopSweep?.();
    const closes = [...this.tapes.values()].map((tape) => tape.close());
    // Those that cannot be closed now are closed at the next start.
    let stopWaiting = (): void => {};
    const patience = new Promise<void>((resolve) => {
      stopWaiting = this.options.clock.after(CLOSE_PATIENCE_MS, resolve);
    });
    await Promise.race([Promise.allSettled(closes), patience]);
    stopWaiting();
  }

  private async makePlace(session: string): Promise<void> {
    if (!isSessionId(session)) throw new Error("a session id that cannot name a folder");
    if (this.tapes.has(session)) throw new Error(`session ${session} is recorded already`);
    this.mustBeReady();
    this.mustHaveRoom();
    await this.makeFolder(session);
    this.mustBeReady();
  }

  private mustBeReady(): void {
    if (this.closed) throw new RecorderUnavailable("The recorder is closed.");
    if (this.now.kind === "failed") throw new RecorderUnavailable(this.now.cause);
  }

  private mustHaveRoom(): void {
    const refusal = this.options.refusal();
    if (refusal !== undefined) throw new RecorderUnavailable(refusal);
  }

  private async makeFolder(session: string): Promise<void> {
    const { volume, recordings } = this.options;
    let isNew: boolean;
    try {
      isNew = await new RecordingFolder(volume, recordings, session).make();
    } catch (error) {
      throw new RecorderUnavailable(error instanceof Error ? error.message : String(error));
    }
    if (!isNew) throw new Error(`there is a recording of session ${session} already`);
  }

  private newTape(header: Header): SessionTape {
    const { writeAhead, clock, limits, sealer } = this.options;
    const { segmentBytes } = limits;
    const { session } = header;
    const untilClosed = () => sealer.untilClosed(session);
    const shared = { writeAhead, clock, time: this.time, segmentBytes, untilClosed };
    return this.enter(session, (place) => new SessionTape({ ...shared, ...place, header }));
  }

  private forget(session: string): void {
    this.tapes.delete(session);
    this.overQuota.delete(session);
  }

  /** A tape whose header did not become durable is closed again; its session never was. */
  private async untilDurable(tape: OpenTape): Promise<void> {
    const error = await new Promise<Error | undefined>((resolve) => tape.whenDurable(resolve));
    if (error === undefined) return;
    tape.close().catch(() => undefined);
    throw error;
  }

  /** Cuts segments that are old, that keep old write-ahead files, or that fill the memory. */
  private sweep(): void {
    this.stopSweep = undefined;
    const { limits, clock } = this.options;
    this.letGoOfFiles();
    for (const tape of this.tapes.values()) {
      if (tape.isOlderThan(limits.segmentAgeMs)) tape.cut();
      if (tape.length > limits.recordingBytesMax) this.tellOverQuota(tape.session);
    }
    this.cutLargest(limits.unsealedBytesMax);
    if (this.tapes.size > 0) this.stopSweep = clock.after(SWEEP_MS, () => this.sweep());
  }

  /**
   * Cuts segments that began in an old write-ahead file, which must stay until they are sealed. At
   * each new file, since a fast transfer fills all files between two sweeps; and where sealing is
   * behind, whatever did not begin in the present one: else nothing would come free.
   */
  letGoOfFiles(): void {
    const { limits, writeAhead } = this.options;
    const held = writeAhead.waitsForSealing === "not" ? limits.writeAheadFilesHeld : 1;
    const fileMin = writeAhead.fileNumber - held;
    for (const tape of this.tapes.values()) {
      if ((tape.beganInFile ?? Number.MAX_SAFE_INTEGER) <= fileMin) tape.cut();
    }
  }

  private tellOverQuota(session: string): void {
    if (this.overQuota.has(session)) return;
    this.overQuota.add(session);
    for (const listener of this.overQuotaListeners) listener(session);
  }

  private cutLargest(bytesMax: number): void {
    const tapes = [...this.tapes.values()];
    let bytes = tapes.reduce((sum, tape) => sum + tape.segmentLength, 0);
    if (bytes <= bytesMax) return;
    tapes.sort((a, b) => b.segmentLength - a.segmentLength);
    for (const tape of tapes) {
      if (bytes <= bytesMax / 2) return;
      bytes -= tape.segmentLength;
      tape.cut();
    }
  }
}
