/** What a peer may make the broker, a viewer or a player keep. */

/** Pixels of a screen: 4096 × 4096, twice the largest panels; its picture is 64 MiB. */
export const PIXELS_MAX = 16_777_216;
/** No side is longer: a screen of one line would be a flood of tiles. */
export const SIDE_MAX = 16_384;
/** Servers draw pointers of 32 or 64; viewers make an image of each. */
export const CURSOR_SIDE_MAX = 256;
/** Text of one copy, so that a message fits what a leg may hold back. */
export const CUT_TEXT_MAX = 60_000;
/** A longer text of the asset is skipped, not carried; beyond this it is no text. */
export const SKIPPED_TEXT_MAX = 67_108_864;
export const NAME_MAX = 1_024;
export const ENCODINGS_MAX = 512;
/** Compressed data may be a little longer than what it compresses. */
export const COMPRESSION_SLACK = 65_536;
/** Screens of one desktop, in ExtendedDesktopSize. */
export const SCREENS_MAX = 16;
/** Keys down at once; no hand has more. */
export const KEYS_DOWN_MAX = 32;

export function isScreen(width: number, height: number): boolean {
  const sides = width >= 1 && height >= 1 && width <= SIDE_MAX && height <= SIDE_MAX;
  return sides && width * height <= PIXELS_MAX;
}
