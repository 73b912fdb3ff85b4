import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { recordingDetailSchema } from "../shapes/sessions.ts";
import { recordingDetailView } from "./recording-view.ts";
import { noteReplay } from "./viewed.ts";
import { visibleRecording } from "./visible-recording.ts";

/** Looking is itself noted, once for each looking: the session's subject may ask who did. */
export function showRecording(recordings: Recordings, looks: Looks) {
  return endpoint({
    summary: "A recording with its segments and moments",
    params: idParameter,
    answer: recordingDetailSchema,
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      await noteReplay(looks, call.me, recording);
      recordings.warm(recording.header.session);
      return recordingDetailView(recording);
    },
  });
}
