/**
 * Follows a session's tape for a watcher: history first, then live, no record missing or twice.
 *
 * Nothing is kept for a watcher. While it is behind (at the start, or with its credit used up)
 * records are read back from the evidence; once it has everything, they are passed on as they
 * are appended. A gap between what was sent and what comes next means to read back again.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ByteWriter } from "../../../protocols/tape/byte-writer.ts";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import { TapeEncoder } from "../../../protocols/tape/encoder.ts";
import type { TapeRecord } from "../../../protocols/tape/record.ts";
import type { Clock } from "../../clock.ts";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { Cause } from "../../sessions/session.ts";
import { FROM_NEWEST, LIVE_CREDIT_BYTES } from "../shapes/live.ts";

/** A watcher that returns no credit for this long is dropped: its page is stuck or gone. */
export const WATCHER_SLOW_MS = 10_000;
/** One message of the tape: large enough to be few, small enough to share the socket. */
const MESSAGE_BYTES = 16_384;
/** Read back at a time; the loop is free for others in between. */
const READ_BYTES = 65_536;
/** With this much credit back it is worth reading again. */
const CREDIT_RESUME_BYTES = LIVE_CREDIT_BYTES / 2;
/** How long an appended record may take until it can be read back. */
const READ_AGAIN_MS = 50;

export interface WatchOutlet {
  /** Encoded records, header first. */
  tape(encoded: Uint8Array): void;
  /** What stood before the first of them, where the watch begins in the middle. */
  frame(frame: Uint8Array): void;
  /** The watch is over; called once. */
  over(cause: Cause): void;
}

export interface WatchSource {
  readonly recordings: Pick<Recordings, "get" | "segment" | "frame">;
  readonly session: string;
  readonly clock: Clock;
}

/**
 * Parts that are looked at for a key frame, from the newest back: where files pass, every third has
 * one, and it is made a moment after.
 */
const FRAMES_TRIED = 8;

const SLOW: Cause = { rule: "watcher-slow", reason: "This page could not keep up." };
const UNREADABLE: Cause = { rule: "recorder", reason: "The recording cannot be read now." };

export class WatchLink {
  private readonly source: WatchSource;
  private readonly outlet: WatchOutlet;
  private readonly out = new ByteWriter(MESSAGE_BYTES);
  private readonly encoder = new TapeEncoder(this.out);
  private next: number;
  /** The newest record that was appended, as far as is known. */
  private newest = -1;
  private state: "behind" | "live" | "over" = "behind";
  private reading = false;
  private begun = false;
  private outstanding = 0;
  private scheduled = false;
  private ended: Cause | undefined;
  private cancelSlow: (() => void) | undefined;

  constructor(source: WatchSource, outlet: WatchOutlet, fromSequence: number) {
    this.source = source;
    this.outlet = outlet;
    this.next = fromSequence;
  }

  /** Call once `record` is wired to the tape. */
  start(): void {
    void this.catchUp();
  }

  /** A record was appended. Its bytes are valid only now. */
  record(record: TapeRecord): void {
    this.newest = Math.max(this.newest, record.sequence);
    if (this.state !== "live" || record.sequence < this.next) return;
    if (record.sequence > this.next || this.outstanding >= LIVE_CREDIT_BYTES) {
      this.fallBehind();
      return;
    }
    this.pass(record);
  }

  credit(count: number): void {
    if (this.state === "over" || !(count > 0)) return;
    this.outstanding = Math.max(0, this.outstanding - count);
    if (this.cancelSlow) this.watchSlowness();
    if (this.outstanding <= LIVE_CREDIT_BYTES - CREDIT_RESUME_BYTES) void this.catchUp();
  }

  /** The session is over: what is still missing is sent, then the watch ends with this cause. */
  finish(cause: Cause): void {
    this.ended = cause;
    if (this.state === "live") this.fallBehind();
    else void this.catchUp();
  }

  /** Ends the watch at once, for example because the watcher lost the right to it. */
  stop(cause: Cause): void {
    if (this.state === "over") return;
    this.state = "over";
    this.cancelSlow?.();
    this.outlet.over(cause);
  }

  /** A record that cannot be encoded ends the watch, never the session that it is taken from. */
  private pass(record: TapeRecord): void {
    try {
      this.encode(record);
      this.flushAtTurnEnd();
    } catch {
      this.stop(UNREADABLE);
    }
  }

  private fallBehind(): void {
    this.flush();
    this.state = "behind";
    void this.catchUp();
  }

  private async catchUp(): Promise<void> {
    if (this.reading || this.state !== "behind") return;
    this.reading = true;
    try {
      const before = this.next;
      const whole = await this.readBack();
      this.reading = false;
      this.flush();
      this.settle(whole, this.next > before);
    } catch {
      this.reading = false;
      this.stop(UNREADABLE);
    }
  }

  /** In the turn in which nothing is missing the watch becomes live: later records come to `record`. */
  private settle(whole: boolean, moved: boolean): void {
    if (this.state !== "behind") return;
    if (!whole) this.watchSlowness();
    else if (this.next > this.newest) this.upToDate();
    else if (this.ended && !moved) this.stop(this.ended);
    else this.source.clock.after(READ_AGAIN_MS, () => void this.catchUp());
  }

  private upToDate(): void {
    this.cancelSlow?.();
    this.cancelSlow = undefined;
    if (this.ended) this.stop(this.ended);
    else this.state = "live";
  }

  /** False when the credit was used up first. */
  private async readBack(): Promise<boolean> {
    const recording = await this.source.recordings.get(this.source.session);
    if (!recording) throw new Error("there is no recording of this session");
    this.begin(recording);
    if (this.next === FROM_NEWEST) this.next = await this.newestFramed(recording);
    for (const segment of recording.segments) {
      if (segment.lastSequence < this.next && segment.sha256 !== "") continue;
      const bytes = await this.source.recordings.segment(this.source.session, segment.number);
      if (bytes && !(await this.sendFrom(bytes))) return false;
    }
    return true;
  }

  /** A frame is made a moment after its part has begun: the part before will do. */
  private async newestFramed({ segments }: Recording): Promise<number> {
    for (const { number, firstSequence } of segments.slice(-FRAMES_TRIED).reverse()) {
      const frame = await this.source.recordings.frame(this.source.session, number);
      if (!frame || frame.length === 0) continue;
      this.outlet.frame(frame);
      return firstSequence;
    }
    return 0;
  }

  private async sendFrom(bytes: Uint8Array): Promise<boolean> {
    const decoder = new TapeDecoder();
    for (let at = 0; at < bytes.length; at += READ_BYTES) {
      const { records } = decoder.push(bytes.subarray(at, at + READ_BYTES));
      for (const record of records) {
        if (this.outstanding + this.out.length >= LIVE_CREDIT_BYTES) return false;
        if (this.state === "over" || record.sequence < this.next) continue;
        this.encode(record);
      }
      await nextTurn();
    }
    return true;
  }

  private begin(recording: Recording): void {
    if (this.begun) return;
    this.begun = true;
    this.encoder.begin(recording.header);
  }

  private encode(record: TapeRecord): void {
    this.encoder.append(record.sequence, record.wallMs, record.monotonicMs, record);
    this.next = record.sequence + 1;
    if (this.out.length >= MESSAGE_BYTES) this.flush();
  }

  private flushAtTurnEnd(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.out.length === 0 || this.state === "over") return;
    const encoded = this.out.take();
    this.outstanding += encoded.length;
    this.outlet.tape(encoded);
  }

  private watchSlowness(): void {
    this.cancelSlow?.();
    this.cancelSlow = this.source.clock.after(WATCHER_SLOW_MS, () => this.stop(SLOW));
  }
}
