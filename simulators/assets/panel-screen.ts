/** One viewer of the simulated panel: RFB 3.8 from ClientInit on, in hextile or raw. */
import type { Box, PanelCanvas } from "./panel-canvas.ts";

export interface ScreenEvents {
  send(bytes: Buffer): void;
  pointer(mask: number, x: number, y: number): void;
  key(keysym: number, down: boolean): void;
  broken(): void;
}

interface Format {
  readonly bytes: number;
  readonly bigEndian: boolean;
  readonly max: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

const TILE = 16;
const HEXTILE = 5;
const PLAIN: Format = { bytes: 4, bigEndian: false, max: [255, 255, 255], shift: [16, 8, 0] };
const TEXT_MAX = 65_536;

export class PanelScreen {
  private readonly canvas: PanelCanvas;
  private readonly events: ScreenEvents;
  private readonly shown: Uint32Array;
  private format = PLAIN;
  private hextile = false;
  /** An update is asked for: `all` of it, or what changed. */
  private asked: "all" | "changes" | undefined;
  private waiting = Buffer.alloc(0);
  private begun = false;

  constructor(canvas: PanelCanvas, events: ScreenEvents) {
    this.canvas = canvas;
    this.events = events;
    this.shown = new Uint32Array(canvas.pixels.length);
  }

  received(bytes: Buffer): void {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    for (let length = this.next(); length > 0; length = this.next()) {
      this.waiting = this.waiting.subarray(length);
    }
  }

  /** The picture may have changed. */
  update(): void {
    if (this.asked === undefined || !this.begun) return;
    const boxes = this.asked === "all" ? [this.whole()] : this.changes();
    if (boxes.length === 0) return;
    this.asked = undefined;
    const head = Buffer.from([0, 0, boxes.length >> 8, boxes.length & 0xff]);
    this.events.send(Buffer.concat([head, ...boxes.map((box) => this.rectangle(box))]));
    this.shown.set(this.canvas.pixels);
  }

  private next(): number {
    const from = this.waiting;
    if (from.length === 0) return 0;
    if (!this.begun) return this.hello();
    switch (from[0]) {
      case 0:
        return this.whenWhole(20, () => this.setFormat(from));
      case 2: {
        const count = from.length < 4 ? 0 : from.readUInt16BE(2);
        return this.whenWhole(4 + 4 * count, () => {
          const asked = Array.from({ length: count }, (_, n) => from.readInt32BE(4 + 4 * n));
          this.hextile = asked.includes(HEXTILE);
        });
      }
      case 3:
        return this.whenWhole(10, () => {
          this.asked = from[1] === 0 ? "all" : (this.asked ?? "changes");
          this.update();
        });
      case 4:
        return this.whenWhole(8, () => this.events.key(from.readUInt32BE(4), from[1] !== 0));
      case 5:
        return this.whenWhole(6, () =>
          this.events.pointer(from[1] ?? 0, from.readUInt16BE(2), from.readUInt16BE(4)),
        );
      case 6: {
        const length = from.length < 8 ? 0 : from.readUInt32BE(4);
        if (length > TEXT_MAX) return this.broken();
        return this.whenWhole(8 + length, () => undefined);
      }
      default:
        return this.broken();
    }
  }

  private whenWhole(length: number, then: () => void): number {
    if (this.waiting.length < length) return 0;
    then();
    return length;
  }

  private broken(): number {
    this.events.broken();
    return 0;
  }

  private hello(): number {
    const { width, height } = this.canvas;
    const name = Buffer.from("HMI TREATMENT");
    const hello = Buffer.alloc(24);
    hello.writeUInt16BE(width, 0);
    hello.writeUInt16BE(height, 2);
    hello.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
    hello.writeUInt32BE(name.length, 20);
    this.begun = true;
    this.events.send(Buffer.concat([hello, name]));
    return 1;
  }

  private setFormat(from: Buffer): void {
    const bytes = (from[4] ?? 32) / 8;
    this.format = {
      bytes,
      bigEndian: from[6] !== 0,
      max: [from.readUInt16BE(8), from.readUInt16BE(10), from.readUInt16BE(12)],
      shift: [from[14] ?? 0, from[15] ?? 0, from[16] ?? 0],
    };
    if (![1, 2, 4].includes(bytes) || from[7] === 0) this.broken();
  }

  private whole(): Box {
    return { x: 0, y: 0, width: this.canvas.width, height: this.canvas.height };
  }

  /** Tiles that differ from what was shown, those side by side as one. */
  private changes(): Box[] {
    const { width, height } = this.canvas;
    const boxes: Box[] = [];
    for (let y = 0; y < height; y += TILE) {
      let from: number | undefined;
      for (let x = 0; x <= width; x += TILE) {
        const differs = x < width && this.differs(x, y);
        if (differs) from ??= x;
        else if (from !== undefined) {
          boxes.push({ x: from, y, width: Math.min(x, width) - from, height: TILE });
          from = undefined;
        }
      }
    }
    return boxes;
  }

  private differs(x: number, y: number): boolean {
    const { width, pixels } = this.canvas;
    for (let row = y; row < y + TILE; row += 1) {
      for (let at = row * width + x; at < row * width + x + TILE; at += 1) {
        if (pixels[at] !== this.shown[at]) return true;
      }
    }
    return false;
  }

  private rectangle(box: Box): Buffer {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(box.x, 0);
    head.writeUInt16BE(box.y, 2);
    head.writeUInt16BE(box.width, 4);
    head.writeUInt16BE(box.height, 6);
    head.writeInt32BE(this.hextile ? HEXTILE : 0, 8);
    return Buffer.concat([head, ...(this.hextile ? this.tiles(box) : [this.raw(box)])]);
  }

  private raw({ x, y, width, height }: Box): Buffer {
    const bytes = Buffer.alloc(width * height * this.format.bytes);
    let at = 0;
    for (let row = y; row < y + height; row += 1) {
      for (let column = x; column < x + width; column += 1) {
        at = this.pixel(bytes, at, this.canvas.pixels[row * this.canvas.width + column] ?? 0);
      }
    }
    return bytes;
  }

  private tiles({ x, y, width, height }: Box): Buffer[] {
    const tiles: Buffer[] = [];
    for (let top = y; top < y + height; top += TILE) {
      for (let left = x; left < x + width; left += TILE) {
        const size = {
          width: Math.min(TILE, x + width - left),
          height: Math.min(TILE, y + height - top),
        };
        tiles.push(this.tile({ x: left, y: top, ...size }));
      }
    }
    return tiles;
  }

  /** Its commonest colour, and runs of the others; raw where that is shorter. */
  private tile(box: Box): Buffer {
    const runs = this.runs(box);
    const ground = commonest(runs);
    const others = runs.filter(({ colour }) => colour !== ground);
    const { bytes } = this.format;
    const rawLength = box.width * box.height * bytes;
    if (others.length > 255 || others.length * (bytes + 2) > rawLength) {
      return Buffer.concat([Buffer.from([1]), this.raw(box)]);
    }
    const coloured = others.length > 0;
    const tile = Buffer.alloc(1 + bytes + (coloured ? 1 + others.length * (bytes + 2) : 0));
    tile[0] = coloured ? 2 | 8 | 16 : 2;
    let at = this.pixel(tile, 1, ground);
    if (coloured) tile[at++] = others.length;
    for (const { colour, x, y, length } of others) {
      at = this.pixel(tile, at, colour);
      tile[at++] = (x << 4) | y;
      tile[at++] = (length - 1) << 4;
    }
    return tile;
  }

  private runs({ x, y, width, height }: Box): Run[] {
    const runs: Run[] = [];
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const at = (y + row) * this.canvas.width + x + column;
        const colour = this.canvas.pixels[at] ?? 0;
        const last = runs.at(-1);
        if (last && last.y === row && last.colour === colour) last.length += 1;
        else runs.push({ colour, x: column, y: row, length: 1 });
      }
    }
    return runs;
  }

  private pixel(to: Buffer, at: number, colour: number): number {
    const { bytes, bigEndian, max, shift } = this.format;
    const part = (n: 0 | 1 | 2) => {
      const value = (colour >> (16 - 8 * n)) & 0xff;
      return ((value * max[n]) / 255) << shift[n];
    };
    const value = (part(0) | part(1) | part(2)) >>> 0;
    if (bigEndian) to.writeUIntBE(value, at, bytes);
    else to.writeUIntLE(value, at, bytes);
    return at + bytes;
  }
}

interface Run {
  readonly colour: number;
  readonly x: number;
  readonly y: number;
  length: number;
}

function commonest(runs: readonly Run[]): number {
  const counts = new Map<number, number>();
  for (const { colour, length } of runs) counts.set(colour, (counts.get(colour) ?? 0) + length);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}
