/** Moments worth jumping to, from the index alone: no segment is fetched to find the next write. */
import type { RecordingDetailView } from "../../broker/api/shapes/sessions.ts";

type Mark = RecordingDetailView["segments"][number]["marks"][number];

export type MomentKind = Mark["kind"] | "comment";

export interface Moment {
  readonly sequence: number;
  readonly wallMs: number;
  readonly kind: MomentKind;
}

/** In the order in which they are listed and drawn. */
export const MOMENT_KINDS = [
  "write",
  "refusal",
  "hold",
  "answer",
  "capabilities",
  "comment",
  "gap",
  "end",
] as const satisfies readonly MomentKind[];

/** All marks of a recording, in the order of the tape. */
export function momentsOf(recording: Pick<RecordingDetailView, "segments">): Moment[] {
  return recording.segments
    .flatMap((segment) => segment.marks)
    .sort((a, b) => a.sequence - b.sequence);
}

/** When something happened that is worth seeing, in order. */
export function worthSeeing(recording: Pick<RecordingDetailView, "segments">): number[] {
  return recording.segments
    .flatMap((segment) => segment.marks)
    .filter((mark) => mark.kind !== "end" && mark.kind !== "capabilities")
    .map((mark) => mark.wallMs)
    .sort((a, b) => a - b);
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

/** Comments among what the index knows, in the order of the tape. */
export function withComments(
  moments: readonly Moment[],
  comments: readonly { readonly sequence: number; readonly wallMs: number }[],
): readonly Moment[] {
  if (comments.length === 0) return moments;
  const said = comments.map(
    ({ sequence, wallMs }) => ({ sequence, wallMs, kind: "comment" }) as const,
  );
  return [...moments, ...said].sort((a, b) => a.sequence - b.sequence);
}
