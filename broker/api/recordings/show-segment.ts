import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";
import { visibleRecording } from "./visible-recording.ts";

/** A session of a day has some hundred segments. */
const SEGMENT_DIGITS_MAX = 6;

const parameters = idParameter.extend({
  number: z
    .string()
    .regex(new RegExp(`^\\d{1,${SEGMENT_DIGITS_MAX}}$`))
    .transform(Number),
});

export function showSegment(recordings: Recordings) {
  return endpoint({
    summary: "Records of one segment, as `protocols/tape/codec.ts` reads them",
    params: parameters,
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      const { session } = recording.header;
      const records = await recordings.segment(session, call.params.number);
      if (!records) throw notFound();
      // Bytes, which the document can only describe as text.
      return Buffer.from(
        records.buffer,
        records.byteOffset,
        records.byteLength,
      ) as unknown as string;
    },
  });
}
