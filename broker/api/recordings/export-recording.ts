import { Readable } from "node:stream";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { canExport, EXPORT_FORMATS, exportRecording } from "../../evidence/export.ts";
import { FewDownloads } from "../../evidence/few-downloads.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { Download, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { fromText, restOf, restParameters } from "./rest-of.ts";
import { exportableRecording } from "./visible-recording.ts";

const TYPES = {
  pcapng: "application/x-pcapng",
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  cast: "application/x-asciicast",
  cast3: "application/x-asciicast",
  har: "application/json; charset=utf-8",
} as const;

/** Each decodes a recording in the thread that sessions live in, from a disk that they are recorded on. */
const AT_ONCE_MAX = 4;

export interface ExportParts {
  readonly recordings: Recordings;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly clock: Clock;
}

/** Each export is an event, also of one's own: the content leaves the broker with it. */
export function exportOneRecording({ recordings, siteLog, clock }: ExportParts) {
  const downloads = new FewDownloads(clock, AT_ONCE_MAX);
  return endpoint({
    summary:
      "A recording as a capture for Wireshark, its operations as CSV or NDJSON, its terminals as asciicast 2 or 3, or its pages as HAR",
    params: idParameter,
    query: z.strictObject({ format: z.enum(EXPORT_FORMATS), ...restParameters }),
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const recording = await exportableRecording(recordings, call.params.id, call);
      if (recording.deletedMs !== undefined) throw gone(recording.cause);
      const { format } = call.query;
      if (!canExport(recording, format)) throw noFormat(recording.header.endpoint.protocol);
      const { session, subject, asset } = recording.header;
      const { person } = call.me;
      let digest = () => "";
      const content = await downloads.take(async () => {
        const whole = Readable.from(exportRecording(recordings, recording, format));
        const rest = await restOf(whole, call.query);
        digest = rest.digest;
        await siteLog
          .record({
            kind: "recording:exported",
            priority: "event",
            text: `${person.name} exported the recording of ${subject.name} on ${asset.name} as ${format}${fromText(call.query)}`,
            subject: person.id,
            session,
          })
          .catch((error: unknown) => {
            rest.content.destroy();
            throw error;
          });
        return rest.content;
      });
      if (!content) throw busy();
      const file = new Download(
        `sallyport-${session}.${format === "cast3" ? "cast" : format}`,
        TYPES[format],
        content,
        { digest: () => digest(), asset: asset.id },
      );
      // A stream, which the document can only describe as text.
      return file as unknown as string;
    },
  });
}

function busy(): ApiRefused {
  const message = "Others are exporting recordings. Try again in a moment.";
  return new ApiRefused(503, "busy", message);
}

function gone(cause: string): ApiRefused {
  return new ApiRefused(410, "recording-deleted", cause);
}

function noFormat(protocol: string): ApiRefused {
  const message = `There is no such export of a recording of ${protocol} yet.`;
  return new ApiRefused(422, "no-export", message);
}
