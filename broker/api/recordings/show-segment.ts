import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import { endpoint } from "../endpoint.ts";
import { notFound } from "../problem.ts";
import { segmentParameters } from "./segment-parameters.ts";
import { noteReplay, spanOfSegment } from "./viewed.ts";
import { visibleRecording } from "./visible-recording.ts";

export function showSegment(recordings: Recordings, looks: Looks) {
  return endpoint({
    summary: "Records of one segment, as `protocols/tape/codec.ts` reads them",
    params: segmentParameters,
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      const { session } = recording.header;
      const { number } = call.params;
      const records = await recordings.segment(session, number);
      if (!records) throw notFound();
      await noteReplay(looks, call.me, recording, spanOfSegment(recording, number));
      // Bytes, which the document can only describe as text.
      return Buffer.from(
        records.buffer,
        records.byteOffset,
        records.byteLength,
      ) as unknown as string;
    },
  });
}
