import type { Clock } from "../../clock.ts";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { SiteLog } from "../../store/site-log.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { recordingDetailSchema } from "../shapes/sessions.ts";
import { NotedViews } from "./noted-views.ts";
import { recordingDetailView } from "./recording-view.ts";
import { isOwn, visibleRecording } from "./visible-recording.ts";

type NoteEvent = Pick<SiteLog, "record">;

/** Looking into somebody else's recording is itself noted: its subject may ask who did. */
export function showRecording(recordings: Recordings, siteLog: NoteEvent, clock: Clock) {
  const views = new NotedViews(clock);
  return endpoint({
    summary: "A recording with its segments and moments",
    params: idParameter,
    answer: recordingDetailSchema,
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      if (!isOwn(recording, call)) await noteView(views, siteLog, call.me, recording);
      return recordingDetailView(recording);
    },
  });
}

/** Nobody sees what could not be noted. */
async function noteView(
  views: NotedViews,
  siteLog: NoteEvent,
  { person, signIn }: SignedIn,
  { header: { session, subject, asset } }: Recording,
): Promise<void> {
  if (!views.isNew(signIn.id, session)) return;
  try {
    await siteLog.record({
      kind: "recording:viewed",
      priority: "event",
      text: `${person.name} opened the recording of ${subject.name} on ${asset.name}`,
      subject: person.id,
      session,
    });
  } catch (error) {
    views.forget(signIn.id, session);
    throw error;
  }
}
