/** The inflate of Node's zlib for pictures: ten times as fast as the pure one. */
import { constants, inflateRawSync } from "node:zlib";
import type { InflatePiece } from "../../../protocols/rfb/inflate.ts";

export const inflatePiece: InflatePiece = (deflated, window, lengthMax) => {
  try {
    return inflateRawSync(deflated, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, lengthMax),
      ...(window.length > 0 && { dictionary: window }),
    });
  } catch {
    return undefined;
  }
};
