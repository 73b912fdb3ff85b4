import { z } from "zod";
import type { RecordingHead, Recordings } from "../../evidence/recordings.ts";
import { endpoint } from "../endpoint.ts";
import { recordingSchema } from "../shapes/sessions.ts";
import { recordingView } from "./recording-view.ts";
import { maySeeHead } from "./visible-recording.ts";

/** What a page of the console holds; older ones follow by `after`. */
const PAGE_MAX = 1_000;

const filterSchema = z.strictObject({
  asset: z.string().max(100).optional(),
  person: z.string().max(100).optional(),
  state: z.enum(["open", "sealed", "gap", "aborted"]).optional(),
  /** Id of the last one seen: older ones follow. */
  after: z.string().min(1).max(100).exactOptional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_MAX),
});
type Filter = z.output<typeof filterSchema>;

export function listRecordings(recordings: Recordings) {
  return endpoint({
    summary: "Recordings, newest first: all with `recording:all`, else one's own",
    query: filterSchema,
    answer: z.array(recordingSchema),
    handle: async (call) => {
      const { after, limit } = call.query;
      const found = await recordings.page({
        ...(after !== undefined && { after }),
        limit,
        wanted: (head) => maySeeHead(head, call) && matches(head, call.query),
      });
      return found.map(recordingView);
    },
  });
}

function matches(head: RecordingHead, filter: Filter): boolean {
  return (
    (filter.asset ?? head.asset) === head.asset &&
    (filter.person ?? head.subject) === head.subject &&
    (filter.state ?? head.state) === head.state
  );
}
