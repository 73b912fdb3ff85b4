/** The parts of a recording from the nearest key frame on: what came to be before a moment. */
import type { Recording, Recordings } from "./recordings.ts";

/** Segments that are read to come there; of few protocols each has a key frame. */
const SEGMENTS_MAX = 8;

export interface PartsBefore<State> {
  /** Of the frame that the first part begins with; undefined where that is the recording's own. */
  readonly state: State | undefined;
  /** Plain segments, the last of them the wanted one. */
  readonly parts: readonly Uint8Array[];
}

/** Undefined where no frame is near. */
export async function partsBefore<State>(
  recordings: Pick<Recordings, "segment" | "frame">,
  { header: { session }, segments }: Recording,
  number: number,
  decode: (frame: Uint8Array) => State | undefined,
): Promise<PartsBefore<State> | undefined> {
  const parts: Uint8Array[] = [];
  for (let at = number; at >= 0 && parts.length < SEGMENTS_MAX; at -= 1) {
    const plain = await recordings.segment(session, at);
    if (!plain || !segments.some((segment) => segment.number === at)) return undefined;
    parts.unshift(plain);
    const frame = at > 0 ? await recordings.frame(session, at) : undefined;
    const state = frame && decode(frame);
    if (state || at === 0) return { state, parts };
  }
  return undefined;
}
