/** What must be fetched to show a moment of a screen, terminal or OPC UA session: a key frame, and parts from it on. */
import { decodeHistoryFrame } from "../../protocols/opcua/history-frame.ts";
import { decodeTerminalFrame } from "../../protocols/ssh/terminal-frame.ts";
import type { PartSource } from "./part-source.ts";
import type { PlayedRecording } from "./use-recorded-reel.ts";

export interface ShownParts {
  /** Empty where it begins with nothing. */
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Plain segments between the frame and the wanted one, in order. */
  readonly earlier: readonly Uint8Array<ArrayBuffer>[];
}

const NO_FRAME = new Uint8Array(0);

/**
 * From the nearest key frame, over the parts that have none.
 * @returns undefined if more than `earlierMax` parts have none
 */
export async function shownParts(
  source: PartSource,
  detail: PlayedRecording,
  index: number,
  earlierMax: number,
): Promise<ShownParts | undefined> {
  const earlier: Uint8Array<ArrayBuffer>[] = [];
  let frame = NO_FRAME;
  // The first part of a link may be any of the recording.
  for (let at = index; at >= 0 && numberOf(detail, at) > 0 && frame.length === 0; at -= 1) {
    if (earlier.length > earlierMax) return undefined;
    frame = readable(detail, await source.frame(numberOf(detail, at)));
    if (frame.length === 0 && at > 0)
      earlier.unshift(await source.segment(numberOf(detail, at - 1)));
  }
  return { frame, earlier };
}

/** Frames that an earlier build made say nothing of terminals, nor of nodes. */
function readable(
  { protocol }: PlayedRecording,
  frame: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (protocol === "ssh" && !decodeTerminalFrame(frame)) return NO_FRAME;
  return protocol === "opcua" && !decodeHistoryFrame(frame) ? NO_FRAME : frame;
}

export function numberOf({ segments }: Pick<PlayedRecording, "segments">, index: number): number {
  return segments[index]?.number ?? index;
}
