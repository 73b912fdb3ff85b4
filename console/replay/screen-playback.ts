/**
 * Brings a screen to any moment of what was recorded of it. Forward it goes on from where it is;
 * back, from the nearest picture that was kept on the way.
 */
import { ScreenPlayer, type ScreenState } from "../../protocols/rfb/screen-player.ts";
import type { ScreenShown } from "./screen-story.ts";

interface KeyFrame {
  /** Events that it holds. */
  readonly count: number;
  readonly state: ScreenState;
}

/** A picture is kept every so many bytes that were drawn; going back draws at most as many again. */
const FRAME_EVERY_BYTES = 4_194_304;
/** Pictures kept, by their pixels: 128 MiB of them. */
const FRAME_PIXELS_MAX = 33_554_432;
/** Drawn at once; more would hold the page up. */
const SLICE_BYTES = 262_144;

/** Drawing so many pixels takes as long as reading a byte of compressed ones, roughly. */
const PIXELS_A_BYTE = 32;
/**
 * Pixels that one record may ask to be drawn; it has 64 KiB, and a server that means well asks
 * for a few screens with it. Behind one that asks for more the page would stand still.
 */
export const RECORD_WORK_MAX = 134_217_728;

export class ScreenPlayback {
  private readonly drawn: (player: ScreenPlayer) => void;
  private shown: ScreenShown = { events: [], before: undefined };
  private player = new ScreenPlayer();
  private at = 0;
  private wanted = 0;
  private sinceFrame = 0;
  private frames: KeyFrame[] = [];
  private working = false;

  /** @param drawn called when the screen is where it was wanted, or on its way there for long */
  constructor(drawn: (player: ScreenPlayer) => void) {
    this.drawn = drawn;
  }

  /** @param count how many of the events are to be shown */
  show(shown: ScreenShown, count: number): void {
    const same = this.shown.before === shown.before && this.shown.events[0] === shown.events[0];
    this.shown = shown;
    this.wanted = Math.min(count, shown.events.length);
    if (!same) this.startOver();
    if (this.wanted < this.at) this.goBack();
    if (!this.working) this.work();
  }

  private startOver(): void {
    this.frames = [];
    this.begin(0, this.shown.before);
  }

  private goBack(): void {
    const frame = this.frames.findLast(({ count }) => count <= this.wanted);
    this.begin(frame?.count ?? 0, frame?.state ?? this.shown.before);
  }

  private begin(at: number, state: ScreenState | undefined): void {
    this.player = state ? ScreenPlayer.from(state) : new ScreenPlayer();
    this.at = at;
    this.sinceFrame = 0;
  }

  private work(): void {
    let left = SLICE_BYTES;
    while (this.at < this.wanted && left > 0) {
      const event = this.shown.events[this.at];
      if (!event) break;
      const before = this.player.work;
      this.player.workMax = before + RECORD_WORK_MAX;
      this.player.show(event);
      this.at += 1;
      if (event.kind !== "picture") continue;
      left -= event.bytes.length + (this.player.work - before) / PIXELS_A_BYTE;
      this.sinceFrame += event.bytes.length;
      if (this.sinceFrame >= FRAME_EVERY_BYTES) this.keep();
    }
    this.drawn(this.player);
    this.working = this.at < this.wanted;
    if (this.working) setTimeout(() => this.work());
  }

  private keep(): void {
    this.sinceFrame = 0;
    const newest = this.frames.at(-1)?.count ?? 0;
    const { picture } = this.player;
    const pixels = (picture?.pixels.length ?? 0) * (this.frames.length + 1);
    if (this.at <= newest || pixels > FRAME_PIXELS_MAX) return;
    this.frames.push({ count: this.at, state: this.player.state });
  }
}
