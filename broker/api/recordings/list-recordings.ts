import { z } from "zod";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import { endpoint } from "../endpoint.ts";
import { recordingSchema } from "../shapes/sessions.ts";
import { recordingView } from "./recording-view.ts";
import { maySee } from "./visible-recording.ts";

/** A page shows no more; older ones are found by narrowing the filter. */
const RECORDINGS_MAX = 1_000;

const filterSchema = z.strictObject({
  asset: z.string().max(100).optional(),
  person: z.string().max(100).optional(),
  state: z.enum(["open", "sealed", "gap", "aborted"]).optional(),
});
type Filter = z.output<typeof filterSchema>;

export function listRecordings(recordings: Recordings) {
  return endpoint({
    summary: "Recordings, newest first: all with `recording:all`, else one's own",
    query: filterSchema,
    answer: z.array(recordingSchema),
    handle: async (call) =>
      (await recordings.list())
        .filter((recording) => maySee(recording, call) && matches(recording, call.query))
        .sort((a, b) => b.startedMs - a.startedMs)
        .slice(0, RECORDINGS_MAX)
        .map(recordingView),
  });
}

function matches({ header, state }: Recording, filter: Filter): boolean {
  return (
    (filter.asset ?? header.asset.id) === header.asset.id &&
    (filter.person ?? header.subject.id) === header.subject.id &&
    (filter.state ?? state) === state
  );
}
