/** A picture in memory: rectangles and letters. Colours are 0xRRGGBB. */
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyph } from "./panel-font.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class PanelCanvas {
  readonly pixels: Uint32Array;
  readonly width: number;
  readonly height: number;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }

  fill({ x, y, width, height }: Box, colour: number): void {
    for (let row = y; row < y + height; row += 1) {
      this.pixels.fill(colour, row * this.width + x, row * this.width + x + width);
    }
  }

  frame(box: Box, colour: number): void {
    const { x, y, width, height } = box;
    this.fill({ x, y, width, height: 2 }, colour);
    this.fill({ x, y: y + height - 2, width, height: 2 }, colour);
    this.fill({ x, y, width: 2, height }, colour);
    this.fill({ x: x + width - 2, y, width: 2, height }, colour);
  }

  text(words: string, x: number, y: number, colour: number, scale = 2): void {
    [...words].forEach((letter, n) => {
      this.letter(letter, x + n * (GLYPH_WIDTH + 1) * scale, y, colour, scale);
    });
  }

  centred(words: string, box: Box, colour: number, scale = 2): void {
    const width = words.length * (GLYPH_WIDTH + 1) * scale - scale;
    const x = box.x + Math.floor((box.width - width) / 2);
    const y = box.y + Math.floor((box.height - GLYPH_HEIGHT * scale) / 2);
    this.text(words, x, y, colour, scale);
  }

  private letter(letter: string, x: number, y: number, colour: number, scale: number): void {
    glyph(letter).forEach((bits, row) => {
      for (let column = 0; column < GLYPH_WIDTH; column += 1) {
        if (!(bits & (1 << (GLYPH_WIDTH - 1 - column)))) continue;
        const dot = { x: x + column * scale, y: y + row * scale, width: scale, height: scale };
        this.fill(dot, colour);
      }
    });
  }
}
