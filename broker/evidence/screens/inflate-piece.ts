/** The inflate of Node's zlib for pictures: ten times as fast as the pure one. */
import { constants, inflateRawSync } from "node:zlib";
import type { InflatePiece } from "../../../protocols/rfb/inflate.ts";

const CHUNK_MIN = 1_024;
/** A rectangle that says to be larger than it is costs no more than this. */
const CHUNK_MAX = 4_194_304;

export const inflatePiece: InflatePiece = (deflated, window, lengthMax) => {
  try {
    return inflateRawSync(deflated, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, lengthMax),
      // In one piece: of many small ones half of all work was collecting garbage.
      chunkSize: Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, lengthMax + 1)),
      ...(window.length > 0 && { dictionary: window }),
    });
  } catch {
    return undefined;
  }
};
