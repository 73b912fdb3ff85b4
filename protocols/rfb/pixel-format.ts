/** How pixels are written: RFC 6143, 7.4. Only true colour is carried; servers convert. */

export interface PixelFormat {
  /** 8, 16 or 32. */
  readonly bitsPerPixel: number;
  readonly depth: number;
  readonly bigEndian: boolean;
  readonly redMax: number;
  readonly greenMax: number;
  readonly blueMax: number;
  readonly redShift: number;
  readonly greenShift: number;
  readonly blueShift: number;
}

export const PIXEL_FORMAT_LENGTH = 16;

/** What is asked of an asset whose own format is not carried: eight bits a colour in 32. */
export const PLAIN_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  ...{ redMax: 255, greenMax: 255, blueMax: 255 },
  ...{ redShift: 16, greenShift: 8, blueShift: 0 },
};

/** Undefined for one that is not carried (a colour map) or cannot be. */
export function readPixelFormat(bytes: Uint8Array, at: number): PixelFormat | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PIXEL_FORMAT_LENGTH);
  const format: PixelFormat = {
    bitsPerPixel: view.getUint8(0),
    depth: view.getUint8(1),
    bigEndian: view.getUint8(2) !== 0,
    redMax: view.getUint16(4),
    greenMax: view.getUint16(6),
    blueMax: view.getUint16(8),
    redShift: view.getUint8(10),
    greenShift: view.getUint8(11),
    blueShift: view.getUint8(12),
  };
  return view.getUint8(3) !== 0 && isCarried(format) ? format : undefined;
}

export function writePixelFormat(format: PixelFormat, to: Uint8Array, at: number): void {
  const view = new DataView(to.buffer, to.byteOffset + at, PIXEL_FORMAT_LENGTH);
  view.setUint8(0, format.bitsPerPixel);
  view.setUint8(1, format.depth);
  view.setUint8(2, format.bigEndian ? 1 : 0);
  view.setUint8(3, 1);
  view.setUint16(4, format.redMax);
  view.setUint16(6, format.greenMax);
  view.setUint16(8, format.blueMax);
  view.setUint8(10, format.redShift);
  view.setUint8(11, format.greenShift);
  view.setUint8(12, format.blueShift);
}

function isCarried(format: PixelFormat): boolean {
  const { bitsPerPixel, depth, redMax, greenMax, blueMax } = format;
  if (![8, 16, 32].includes(bitsPerPixel) || depth < 1 || depth > bitsPerPixel) return false;
  return (
    fits(redMax, format.redShift, bitsPerPixel) &&
    fits(greenMax, format.greenShift, bitsPerPixel) &&
    fits(blueMax, format.blueShift, bitsPerPixel)
  );
}

/** A maximum is a row of ones that lies within the pixel. */
function fits(max: number, shift: number, bits: number): boolean {
  return max > 0 && ((max + 1) & max) === 0 && Math.log2(max + 1) + shift <= bits;
}

/** The pixel of Tight: three bytes where the colours are a byte each (rfbproto, 7.7.6). */
export function tightPixelLength(format: PixelFormat): number {
  const { bitsPerPixel, depth, redMax, greenMax, blueMax } = format;
  const bytes = redMax === 255 && greenMax === 255 && blueMax === 255;
  return bitsPerPixel === 32 && depth === 24 && bytes ? 3 : bitsPerPixel / 8;
}

/** Where the three bytes of a pixel of ZRLE lie within its four; all of them in other formats. */
export function compactPixel(format: PixelFormat): {
  readonly from: number;
  readonly length: number;
} {
  const { bitsPerPixel, depth, bigEndian } = format;
  if (bitsPerPixel !== 32 || depth > 24) return { from: 0, length: bitsPerPixel / 8 };
  const top = Math.max(
    bitsOf(format.redMax, format.redShift),
    bitsOf(format.greenMax, format.greenShift),
    bitsOf(format.blueMax, format.blueShift),
  );
  const bottom = Math.min(format.redShift, format.greenShift, format.blueShift);
  if (top <= 24) return { from: bigEndian ? 1 : 0, length: 3 };
  if (bottom >= 8) return { from: bigEndian ? 0 : 1, length: 3 };
  return { from: 0, length: 4 };
}

function bitsOf(max: number, shift: number): number {
  return Math.log2(max + 1) + shift;
}
