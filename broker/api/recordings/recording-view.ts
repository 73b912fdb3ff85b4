import type { Recording } from "../../evidence/recordings.ts";
import type { RecordingDetailView, RecordingView } from "../shapes/sessions.ts";

export function recordingView(recording: Recording): RecordingView {
  const { header } = recording;
  return {
    id: header.session,
    state: recording.state,
    cause: recording.cause,
    subject: { ...header.subject, roles: [...header.subject.roles] },
    asset: { ...header.asset },
    endpoint: `${header.asset.id}/${header.endpoint.id}`,
    protocol: header.endpoint.protocol,
    profile: header.grant.profile,
    ...(header.visit !== undefined && { visit: header.visit }),
    startedMs: recording.startedMs,
    endedMs: recording.endedMs,
    bytes: recording.bytes,
    records: recording.records,
    hold: recording.hold ?? null,
    deletedMs: recording.deletedMs ?? null,
    counts: { ...recording.counts },
  };
}

export function recordingDetailView(recording: Recording): RecordingDetailView {
  return {
    ...recordingView(recording),
    segments: recording.segments.map((segment) => ({ ...segment, marks: [...segment.marks] })),
  };
}
