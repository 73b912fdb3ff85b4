import type { Recordings } from "../../evidence/recordings.ts";
import type { SiteLog } from "../../store/site-log.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { recordingDetailSchema } from "../shapes/sessions.ts";
import { recordingDetailView } from "./recording-view.ts";
import { isOwn, visibleRecording } from "./visible-recording.ts";

/** Looking into somebody else's recording is itself noted: its subject may ask who did. */
export function showRecording(recordings: Recordings, siteLog: Pick<SiteLog, "record">) {
  return endpoint({
    summary: "A recording with its segments and moments",
    params: idParameter,
    answer: recordingDetailSchema,
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      if (!isOwn(recording, call)) {
        const { subject, asset } = recording.header;
        await siteLog.record({
          kind: "recording:viewed",
          priority: "event",
          text: `${call.me.person.name} opened the recording of ${subject.name} on ${asset.name}`,
          subject: call.me.person.id,
          session: recording.header.session,
        });
      }
      return recordingDetailView(recording);
    },
  });
}
