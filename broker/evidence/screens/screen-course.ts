/** The course of one screen through its recording, segment by segment in order. */
import {
  encodeScreenFrame,
  type FrameBase,
  type ScreenMoment,
} from "../../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../../protocols/rfb/screen-player.ts";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import { inflatePiece } from "./inflate-piece.ts";

/**
 * Pixels that one segment may ask to be drawn, some seconds' work: a full screen in motion asks
 * for a tenth. A hostile one asks for hours in a few bytes, and is not drawn any more.
 */
const SEGMENT_WORK_MAX = 268_435_456;
/** A frame has what came of the rectangle that is under way: of more, the next frame tells. */
const BEGUN_MAX = 4 * 1_048_576;
/** A frame that changed more than this share of its tiles is written whole, and is the next base. */
const CHANGED_MAX = 0.5;

export class ScreenCourse {
  /** It asked for more than may be drawn: there are no more frames of it. */
  overdrawn = false;
  /** Each segment is drawn for longer than a person waits. */
  readonly segmentsApart = 1;
  private readonly history: ScreenHistory;
  private readonly player: ScreenPlayer;
  private base: FrameBase | undefined;

  constructor(moment?: ScreenMoment) {
    this.history = moment ? ScreenHistory.from(moment.history) : new ScreenHistory();
    this.player = moment
      ? ScreenPlayer.from(moment.screen, inflatePiece)
      : new ScreenPlayer(inflatePiece);
  }

  /** Bytes of memory for it. */
  get held(): number {
    return this.player.held + 4 * (this.base?.pixels.length ?? 0);
  }

  /** @param plain the next segment, whole */
  push(plain: Uint8Array): void {
    const { player } = this;
    player.workMax = player.work + SEGMENT_WORK_MAX;
    for (const record of new TapeDecoder().push(plain).records) {
      for (const event of this.history.push(record)) player.show(event);
    }
    this.overdrawn ||= player.work > player.workMax;
  }

  /** As it stands, for the segment of this number, which begins now. None amid much of a rectangle. */
  frame(number: number): Uint8Array | undefined {
    if (this.player.begun > BEGUN_MAX) return undefined;
    const moment = { history: this.history.state, screen: this.player.standing };
    const frame = encodeScreenFrame(moment, this.base);
    if (this.base !== undefined && frame.changed <= CHANGED_MAX) return frame.bytes;
    const whole = this.base === undefined ? frame : encodeScreenFrame(moment);
    const { picture } = this.player;
    this.base = picture && { number, ...picture.state };
    return whole.bytes;
  }

  close(): void {
    this.base = undefined;
  }

  /** The frame of this number is not there to rest on. */
  notKept(number: number): void {
    if (this.base?.number === number) this.base = undefined;
  }
}
