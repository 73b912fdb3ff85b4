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

/**
 * The sequence number under the head. Several moments may share a millisecond: after a jump to
 * one of them the next jump must go on from there.
 */
export function sequenceAt(
  moments: readonly Moment[],
  atMs: number,
  jumped: Moment | undefined,
): number {
  if (jumped !== undefined && jumped.wallMs === atMs) return jumped.sequence;
  return moments.findLast((moment) => moment.wallMs <= atMs)?.sequence ?? -1;
}
