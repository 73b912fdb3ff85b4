/**
 * Which page a screen shows now, for a guard whose clicks are judged by it: it draws what it lets
 * through. What that costs is bounded by what the client asks for: an asset that draws more than
 * a few screens for each request is not drawn any more, and shows no page from then on. Nor does
 * one that is larger than every page: its few screens would be as large as it likes.
 */
import type { Rectangle } from "./asset-stream.ts";
import { ENCODING } from "./encodings.ts";
import { Picture } from "./picture.ts";
import type { PixelFormat } from "./pixel-format.ts";
import { pageOf, type ScreenPage } from "./screen-page.ts";

/** Screens drawn for one request of the client, and saved up for later ones. */
const SCREENS_A_REQUEST = 4;
const SCREENS_SAVED = 16;
/** Of one rectangle: what a screen of pixels takes, raw. */
const BYTES_A_PIXEL = 4;

export class PageWatch {
  private readonly pages: readonly ScreenPage[];
  private picture: Picture | undefined;
  private rectangle: Rectangle | undefined;
  private data: Uint8Array[] = [];
  private length = 0;
  private allowance = 0;
  /** What was seen when so much had been drawn: hands ask with each move. */
  private seen: { readonly work: number; readonly page: string } | undefined;
  /** Pixels of the largest page. */
  private readonly pixelsMax: number;

  constructor(pages: readonly ScreenPage[]) {
    this.pages = pages;
    this.pixelsMax = Math.max(...pages.map(({ width, height }) => width * height));
  }

  /** Name of the page; empty where none is recognised. */
  get page(): string {
    const { picture } = this;
    if (!picture) return "";
    if (this.seen?.work !== picture.work) {
      this.seen = { work: picture.work, page: pageOf(picture, this.pages)?.name ?? "" };
    }
    return this.seen.page;
  }

  begin(width: number, height: number): void {
    if (width * height > this.pixelsMax) return;
    this.picture = new Picture(width, height);
    this.seen = undefined;
    this.allowance = SCREENS_SAVED * width * height;
  }

  requested(): void {
    if (!this.picture) return;
    const screen = this.picture.width * this.picture.height;
    const most = this.picture.work + SCREENS_SAVED * screen;
    this.allowance = Math.min(this.allowance + SCREENS_A_REQUEST * screen, most);
  }

  rectangleBegins(rectangle: Rectangle): void {
    const { width, height, encoding } = rectangle;
    const resizes = encoding === ENCODING.desktopSize || encoding === ENCODING.extendedDesktopSize;
    if (resizes && width * height > this.pixelsMax) this.lose();
    this.rectangle = rectangle;
    this.data = [];
    this.length = 0;
  }

  /** The bytes are valid during the call only. */
  add(bytes: Uint8Array): void {
    if (!this.picture) return;
    this.length += bytes.length;
    if (this.length > BYTES_A_PIXEL * this.picture.width * this.picture.height) this.lose();
    else this.data.push(new Uint8Array(bytes));
  }

  rectangleEnds(format: PixelFormat | undefined): void {
    const { picture, rectangle } = this;
    this.rectangle = undefined;
    if (!picture || !rectangle || !format) return;
    const drawn = picture.draw(rectangle, this.joined(), format);
    // A stream that does not decode tells nothing of what comes after it either.
    if (!drawn || picture.work > this.allowance) this.lose();
    this.data = [];
  }

  private joined(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.data) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  private lose(): void {
    this.picture = undefined;
    this.data = [];
  }
}
