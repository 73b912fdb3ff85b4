import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import { endpoint } from "../endpoint.ts";
import { segmentParameters } from "./segment-parameters.ts";
import { momentOfFrame, noteReplay } from "./viewed.ts";
import { visibleRecording } from "./visible-recording.ts";

/** The first segment needs none, and of an open one there is none yet. */
const NO_FRAME = new Uint8Array(0);

export function showFrame(recordings: Recordings, looks: Looks) {
  return endpoint({
    summary:
      "What the registers held when a segment began, as `key-frame.ts` writes it; empty without one",
    params: segmentParameters,
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      const { session } = recording.header;
      const { number } = call.params;
      const frame = (await recordings.frame(session, number)) ?? NO_FRAME;
      await noteReplay(looks, call.me, recording, momentOfFrame(recording, number));
      return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength) as unknown as string;
    },
  });
}
