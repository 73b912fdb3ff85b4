/** Which reel plays a recording: the same one for as long as it is shown. */
import { useRecordedReel } from "./use-recorded-reel.ts";
import { useWholeReel } from "./use-whole-reel.ts";

export function reelOf(protocol: string): typeof useRecordedReel {
  return protocol === "opcua" ? useWholeReel : useRecordedReel;
}
