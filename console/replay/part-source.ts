/** Where the parts of a recording come from: one's own sign-in, or a link that shows it. */
import { api } from "../components/api.ts";
import { sharedApi } from "../components/viewing.ts";

export interface PartSource {
  segment(number: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Empty where the segment has none. */
  frame(number: number): Promise<Uint8Array<ArrayBuffer>>;
}

export function ownSource(recording: string): PartSource {
  return {
    segment: (number) => api.segment(recording, number),
    frame: (number) => api.frame(recording, number),
  };
}

export const sharedSource: PartSource = sharedApi;
