/** Tiles of ZRLE, inflated: RFC 6143, 7.7.6. */
import type { Rectangle } from "./asset-stream.ts";
import type { Picture, ReadPixel } from "./picture.ts";

const TILE = 64;

/** False if there is less of it than its tiles need. */
export function decodeZrle(
  picture: Picture,
  area: Rectangle,
  plain: Uint8Array,
  read: ReadPixel,
  pixel: number,
): boolean {
  let at = 0;
  for (let y = area.y; y < area.y + area.height; y += TILE) {
    for (let x = area.x; x < area.x + area.width; x += TILE) {
      const width = Math.min(TILE, area.x + area.width - x);
      const height = Math.min(TILE, area.y + area.height - y);
      const tile = new Tile(picture, { x, y, width, height }, plain, read, pixel);
      at = tile.draw(at);
      if (at > plain.length) return false;
    }
  }
  return true;
}

class Tile {
  private readonly picture: Picture;
  private readonly box: Omit<Rectangle, "encoding">;
  private readonly plain: Uint8Array;
  private readonly read: ReadPixel;
  private readonly pixel: number;

  constructor(
    picture: Picture,
    box: Omit<Rectangle, "encoding">,
    plain: Uint8Array,
    read: ReadPixel,
    pixel: number,
  ) {
    this.picture = picture;
    this.box = box;
    this.plain = plain;
    this.read = read;
    this.pixel = pixel;
  }

  /** Answers where the next tile begins. */
  draw(from: number): number {
    const kind = this.plain[from] ?? 0;
    if (kind === 0) return this.raw(from + 1);
    if (kind === 128) return this.runs(from + 1, undefined);
    const colours = kind & 127;
    const palette: number[] = [];
    let at = from + 1;
    for (let n = 0; n < colours; n += 1, at += this.pixel) palette.push(this.read(this.plain, at));
    if (kind === 1) {
      const { x, y, width, height } = this.box;
      this.picture.fill(x, y, width, height, palette[0] ?? 0);
      return at;
    }
    return kind > 128 ? this.runs(at, palette) : this.packed(at, palette);
  }

  private raw(from: number): number {
    const count = this.box.width * this.box.height;
    for (let n = 0; n < count; n += 1) this.set(n, this.read(this.plain, from + n * this.pixel));
    return from + count * this.pixel;
  }

  private packed(from: number, palette: readonly number[]): number {
    const { width, height } = this.box;
    const bits = palette.length <= 2 ? 1 : palette.length <= 4 ? 2 : palette.length <= 16 ? 4 : 8;
    const stride = Math.ceil((width * bits) / 8);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const byte = this.plain[from + row * stride + ((column * bits) >> 3)] ?? 0;
        const shift = 8 - bits - ((column * bits) & 7);
        this.set(row * width + column, palette[(byte >> shift) & ((1 << bits) - 1)] ?? 0);
      }
    }
    return from + stride * height;
  }

  private runs(from: number, palette: readonly number[] | undefined): number {
    const count = this.box.width * this.box.height;
    let at = from;
    for (let n = 0; n < count && at < this.plain.length; ) {
      const index = this.plain[at] ?? 0;
      const colour = palette ? (palette[index & 127] ?? 0) : this.read(this.plain, at);
      at += palette ? 1 : this.pixel;
      let length = 1;
      if (!palette || index & 128) {
        for (let more = 255; more === 255 && at <= this.plain.length; length += more) {
          more = this.plain[at++] ?? 0;
        }
      }
      for (const end = Math.min(count, n + length); n < end; n += 1) this.set(n, colour);
    }
    return at;
  }

  private set(n: number, colour: number): void {
    const { x, y, width } = this.box;
    const row = Math.floor(n / width);
    this.picture.pixels[(y + row) * this.picture.width + x + (n - row * width)] = colour;
  }
}
