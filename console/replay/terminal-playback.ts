/**
 * Brings a terminal to any moment of what was recorded of it. Forward it goes on from where it
 * is; back, from the nearest key frame. Key frames are taken as it goes: at each change of size
 * and every 256 KiB.
 */

import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";
import type { Snapshot } from "../../protocols/ssh/terminal-snapshot.ts";

/** The part of a screen that playing needs. */
export interface PlayedScreen {
  write(bytes: Uint8Array | string, done: () => void): void;
  reset(): void;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  snapshot(): Snapshot | undefined;
  endsLinesWithFeedAlone: boolean;
}

interface KeyFrame {
  /** Events that it holds. */
  readonly count: number;
  readonly snapshot: Snapshot;
  readonly plainLines: boolean;
}

const FRAME_EVERY_BYTES = 262_144;
/** Handed over at once; more would hold a picture up. */
const WRITE_BYTES_MAX = 65_536;
/** A recording of a terminal that changes size all the time keeps this many. */
const FRAMES_MAX = 1_024;

export class TerminalPlayback {
  private readonly screen: PlayedScreen;
  private events: readonly TerminalEvent[] = [];
  /** Events that the screen shows. */
  private shown = 0;
  /** What it shows is of other events. */
  private stale = false;
  private wanted = 0;
  private frames: KeyFrame[] = [];
  private sinceFrame = 0;
  private plainLines = false;
  private working: Promise<void> | undefined;

  constructor(screen: PlayedScreen) {
    this.screen = screen;
  }

  /**
   * @param events of one channel, in order: those from before and more, or of another channel
   * @param count how many of them are to be shown
   */
  show(events: readonly TerminalEvent[], count: number): Promise<void> {
    const last = this.shown - 1;
    if (last >= 0 && events[last] !== this.events[last]) this.stale = true;
    this.events = events;
    this.wanted = count;
    this.working ??= this.work().finally(() => {
      this.working = undefined;
    });
    return this.working;
  }

  private async work(): Promise<void> {
    while (this.stale || this.shown !== this.wanted) {
      if (this.stale) this.forget();
      else if (this.wanted < this.shown) await this.goBack();
      else await this.goOn();
    }
  }

  /** Only while nothing is on its way to the screen. */
  private forget(): void {
    this.stale = false;
    this.frames = [];
    this.shown = 0;
    this.sinceFrame = 0;
    this.clear();
  }

  private async goBack(): Promise<void> {
    const frame = this.frames.findLast(({ count }) => count <= this.wanted);
    this.clear();
    this.shown = frame?.count ?? 0;
    this.sinceFrame = 0;
    if (!frame) return;
    await this.beginWith(frame);
  }

  private async beginWith({ snapshot, plainLines }: Omit<KeyFrame, "count">): Promise<void> {
    this.setPlainLines(plainLines);
    this.screen.resize(snapshot);
    // As it stands in the snapshot: no line of it ends with a feed alone.
    this.screen.endsLinesWithFeedAlone = false;
    await this.write(snapshot.sequence);
    this.screen.endsLinesWithFeedAlone = this.plainLines;
  }

  /** xterm.js keeps a hidden cursor over its reset. */
  private clear(): void {
    this.screen.reset();
    this.screen.write("\x1b[?25h", () => {});
  }

  /** As far as one writing reaches. */
  private async goOn(): Promise<void> {
    const { events } = this;
    const parts: Uint8Array[] = [];
    let length = 0;
    while (this.shown < this.wanted && length < WRITE_BYTES_MAX) {
      const event = events[this.shown];
      if (event?.kind === "output") {
        parts.push(event.bytes);
        length += event.bytes.length;
      } else if (event && parts.length > 0 && changes(event)) break;
      else if (event) await this.change(event);
      this.shown += 1;
    }
    if (length > 0) await this.write(joined(parts, length));
    this.sinceFrame += length;
    const next = events[this.shown];
    if (this.stale) return;
    if (this.sinceFrame >= FRAME_EVERY_BYTES || (length > 0 && next && changes(next))) this.keep();
  }

  private async change(event: TerminalEvent): Promise<void> {
    if (event.kind === "frame") {
      this.clear();
      return this.beginWith({ snapshot: event.snapshot, plainLines: !event.terminal });
    }
    if (event.kind === "start") this.setPlainLines(!event.terminal);
    if (event.kind === "start" || event.kind === "resize") this.screen.resize(event);
  }

  private setPlainLines(plain: boolean): void {
    this.plainLines = plain;
    this.screen.endsLinesWithFeedAlone = plain;
  }

  private keep(): void {
    this.sinceFrame = 0;
    const newest = this.frames.at(-1)?.count ?? 0;
    if (this.shown <= newest || this.frames.length >= FRAMES_MAX) return;
    const snapshot = this.screen.snapshot();
    if (!snapshot) return;
    this.frames.push({ count: this.shown, snapshot, plainLines: this.plainLines });
  }

  private write(content: Uint8Array | string): Promise<void> {
    return new Promise((done) => this.screen.write(content, done));
  }
}

function changes({ kind }: TerminalEvent): boolean {
  return kind === "start" || kind === "frame" || kind === "resize";
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
