/** A key frame merged with the one that it rests on: a player needs one thing alone. */
import {
  baseOf,
  decodeScreenFrame,
  encodeScreenFrame,
  type ScreenMoment,
} from "../../../protocols/rfb/screen-frame.ts";

export type ReadFrame = (number: number) => Promise<Uint8Array | undefined>;

/** The frame of any protocol: only one of a screen can rest on another. Undefined if that is gone. */
export async function wholeFrame(
  frame: Uint8Array | undefined,
  read: ReadFrame,
): Promise<Uint8Array | undefined> {
  const number = frame && baseOf(frame);
  if (frame === undefined || number === undefined) return frame;
  const moment = await momentOf(frame, read);
  return moment && encodeScreenFrame(moment).bytes;
}

export async function momentOf(
  frame: Uint8Array,
  read: ReadFrame,
): Promise<ScreenMoment | undefined> {
  const number = baseOf(frame);
  const base = number === undefined ? undefined : await read(number);
  const before = base && decodeScreenFrame(base)?.screen.picture;
  return decodeScreenFrame(frame, before);
}
