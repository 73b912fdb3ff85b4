/** A screen brought forward event by event; its state can be kept and gone on from. */

import { BACKLOG_MAX } from "../guard.ts";
import { AssetStream, type Rectangle } from "./asset-stream.ts";
import { ENCODING } from "./encodings.ts";
import type { InflatePiece } from "./inflate.ts";
import { COMPRESSION_SLACK } from "./limits.ts";
import { Picture, type PictureState } from "./picture.ts";
import { type PixelFormat, PLAIN_FORMAT } from "./pixel-format.ts";
import type { ScreenEvent } from "./screen-history.ts";
import { textHead } from "./to-client.ts";

export interface Hand {
  readonly x: number;
  readonly y: number;
  /** Buttons that are down, as bits. */
  readonly mask: number;
}

/** All there is to know between two rectangles. */
export interface ScreenState {
  readonly channel: number | undefined;
  readonly picture: PictureState | undefined;
  readonly format: PixelFormat | undefined;
  readonly left: number;
  /** What came of the rectangle that is under way. */
  readonly rest: Uint8Array;
  readonly hand: Hand | undefined;
}

export class ScreenPlayer {
  picture: Picture | undefined;
  hand: Hand | undefined;
  private workBefore = 0;
  /** What was drawn last could not be decoded. */
  broken = false;
  /** Once drawing has cost so much (see `work`), nothing more is drawn of this channel. */
  workMax = Number.POSITIVE_INFINITY;
  private readonly quick: InflatePiece | undefined;
  private channel: number | undefined;
  private stream: AssetStream | undefined;
  private rectangle: Rectangle | undefined;
  private data: Uint8Array[] = [];
  private dataLength = 0;
  /** What was fed last, and how much of its end came since a place to go on from. */
  private fed: Uint8Array[] = [];
  private fedLength = 0;
  private restLength = 0;
  /** Such a place was passed. */
  private passed = false;
  /** Bytes from that place on that mean nothing: none of them is kept. */
  private skipping = 0;

  /** @param quick a library's inflate, where there is one */
  constructor(quick?: InflatePiece) {
    this.quick = quick;
  }

  static from(state: ScreenState, quick?: InflatePiece): ScreenPlayer {
    const player = new ScreenPlayer(quick);
    player.channel = state.channel;
    player.hand = state.hand;
    player.picture = state.picture && Picture.from(state.picture, quick);
    const { picture } = player;
    const size = picture && { width: picture.width, height: picture.height };
    const { format, left } = state;
    player.begin(size && format ? { ...size, format, left } : undefined);
    player.take(state.rest);
    return player;
  }

  /** Pixels written so far, each as often as it was: what drawing has cost. */
  get work(): number {
    const { work = 0, remade = 0 } = this.picture ?? {};
    return this.workBefore + work + REMADE_COST * remade;
  }

  get state(): ScreenState {
    return { ...this.standing, picture: this.picture?.state };
  }

  /** As `state`, but its pixels are the picture's own: valid until it goes on. */
  get standing(): ScreenState {
    return {
      channel: this.channel,
      picture: this.picture?.standing,
      format: this.stream?.format,
      left: this.stream?.rectanglesLeft ?? 0,
      rest: this.rest,
      hand: this.hand,
    };
  }

  /** Bytes of memory for the picture and the rectangle that is under way. */
  get held(): number {
    return 4 * (this.picture?.pixels.length ?? 0) + this.fedLength + this.dataLength;
  }

  /** Bytes of the rectangle that is under way. */
  get begun(): number {
    return this.restLength;
  }

  /** Of the newest channel: another that begins takes its place. */
  show(event: ScreenEvent): void {
    if (event.kind === "start") {
      this.channel = event.channel;
      this.workBefore = this.work;
      this.picture = undefined;
      this.broken = false;
      this.hand = undefined;
      this.begin(undefined);
    }
    if (event.channel !== this.channel) return;
    if (event.kind === "picture") this.take(event.bytes);
    else if (event.kind === "pointer") this.hand = { x: event.x, y: event.y, mask: event.mask };
    else if (event.kind === "format" && this.stream) this.stream.format = event.format;
  }

  private begin(place: ConstructorParameters<typeof AssetStream>[1]): void {
    this.empty();
    this.rectangle = undefined;
    this.stream = new AssetStream(
      {
        hello: (width, height, format) => {
          this.picture = new Picture(width, height, this.quick);
          // As the guard does where the asset's own is not carried.
          if (this.stream && !format) this.stream.format = PLAIN_FORMAT;
          this.pass();
        },
        updateBegins: () => this.pass(),
        rectangleBegins: (rectangle) => {
          this.rectangle = rectangle;
        },
        data: (bytes) => this.gather(bytes),
        rectangleEnds: () => this.draw(),
        updateEnds: () => this.pass(),
        bell: () => this.pass(),
        text: () => this.pass(),
        textSkipped: () => undefined,
        skipping: (left) => this.pass(left),
      },
      place,
    );
    for (const encoding of Object.values(ENCODING)) this.stream.asked.add(encoding);
  }

  private take(bytes: Uint8Array) {
    const { stream } = this;
    if (!stream) return;
    for (let from = 0; from < bytes.length; from += FEED) {
      const part = bytes.subarray(from, from + FEED);
      // What is gathered for a place to go on from may not outgrow what a rectangle may be.
      const fits = this.restLength <= this.rectangleMax + REST_SLACK && stream.inbox.push(part);
      if (!fits) return this.fail();
      this.fed.push(part);
      this.fedLength += part.length;
      this.restLength += part.length;
      if (!this.cut(stream)) return this.fail();
      this.forget();
    }
  }

  /** Of one rectangle of this screen. */
  private get rectangleMax(): number {
    return BYTES_A_PIXEL_MAX * (this.picture?.pixels.length ?? 0) + COMPRESSION_SLACK;
  }

  private cut(stream: AssetStream): boolean {
    for (;;) {
      const taken = stream.take();
      if (this.passed) this.restLength = stream.inbox.length;
      this.passed = false;
      if (taken !== true) return taken === false;
    }
  }

  private get rest(): Uint8Array {
    const fed = joined(this.fed);
    const rest = fed.subarray(fed.length - this.restLength);
    // A text of that length is skipped in the same way.
    return this.skipping > 0 ? joined([textHead(this.skipping), rest]) : rest;
  }

  /** What was fed before the rest is not needed any more. */
  private forget(): void {
    let [count, length] = [0, this.fedLength];
    for (const part of this.fed) {
      if (length - part.length < this.restLength) break;
      length -= part.length;
      count += 1;
    }
    this.fedLength = length;
    if (count > 0) this.fed.splice(0, count);
  }

  private gather(bytes: Uint8Array): void {
    this.dataLength += bytes.length;
    if (this.dataLength <= this.rectangleMax) this.data.push(new Uint8Array(bytes));
  }

  private draw(): void {
    const { rectangle, stream, picture } = this;
    const fits = this.dataLength <= this.rectangleMax;
    const data = joined(this.data);
    this.data = [];
    this.dataLength = 0;
    this.rectangle = undefined;
    if (this.work > this.workMax) this.fail();
    else if (rectangle && stream?.format && picture) {
      this.broken = !fits || !picture.draw(rectangle, data, stream.format);
    }
    this.pass();
  }

  private pass(skipping = 0): void {
    this.passed = true;
    this.skipping = skipping;
  }

  /** Nothing more is drawn of this channel. */
  private fail() {
    this.broken = true;
    this.stream = undefined;
    this.empty();
  }

  private empty() {
    this.data = [];
    this.dataLength = 0;
    this.fed = [];
    this.fedLength = 0;
    this.restLength = 0;
    this.skipping = 0;
  }
}

/** Memory that is made anew and thrown away costs more than pixels do. */
const REMADE_COST = 4;
/** Less than the stream's inbox holds. */
const FEED = 65_536;
/** Of a rectangle: raw ones have four. One that says more than its pixels is not drawn. */
const BYTES_A_PIXEL_MAX = 5;
/** What may wait behind it. */
const REST_SLACK = 2 * BACKLOG_MAX;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
