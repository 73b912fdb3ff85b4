/** Encodings that are carried: those whose lengths the guard reads and the picture decodes. */

export const ENCODING = {
  raw: 0,
  copyRect: 1,
  rre: 2,
  hextile: 5,
  zlib: 6,
  tight: 7,
  zrle: 16,
  cursor: -239,
  desktopSize: -223,
  lastRect: -224,
  extendedDesktopSize: -308,
} as const;

const CARRIED: ReadonlySet<number> = new Set(Object.values(ENCODING));
/** Compression levels say how hard the asset tries; they change no format. */
const COMPRESSION_FIRST = -256;
const COMPRESSION_LAST = -247;

/**
 * What a client asks for, less what is not carried: extended clipboard, fences, continuous
 * updates, file transfer, JPEG (without a quality level no server sends it).
 */
export function carriedEncodings(asked: readonly number[]): readonly number[] {
  const carried = asked.filter(
    (encoding) =>
      CARRIED.has(encoding) || (encoding >= COMPRESSION_FIRST && encoding <= COMPRESSION_LAST),
  );
  return [...new Set(carried)];
}
