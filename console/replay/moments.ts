/** Moments worth jumping to, from the index alone: no segment is fetched to find the next write. */
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";

export type Moment = RecordingDetailView["segments"][number]["marks"][number];
export type MomentKind = Moment["kind"];

/** All marks of a recording, in the order of the tape. */
export function momentsOf(recording: RecordingDetailView): Moment[] {
  return recording.segments
    .flatMap((segment) => segment.marks)
    .sort((a, b) => a.sequence - b.sequence);
}

/** @param after sequence number of the record under the head; the moment itself does not count */
export function nextMoment(
  moments: readonly Moment[],
  kinds: readonly MomentKind[],
  after: number,
): Moment | undefined {
  return moments.find((moment) => moment.sequence > after && kinds.includes(moment.kind));
}

export function previousMoment(
  moments: readonly Moment[],
  kinds: readonly MomentKind[],
  before: number,
): Moment | undefined {
  return moments.findLast((moment) => moment.sequence < before && kinds.includes(moment.kind));
}
