import { Readable } from "node:stream";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { FewDownloads } from "../../evidence/few-downloads.ts";
import { keptFile } from "../../evidence/kept-file.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { Download, endpoint } from "../endpoint.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { exportableRecording } from "./visible-recording.ts";

/** Each holds a file in memory, and runs a recording from its beginning. */
const AT_ONCE_MAX = 2;
const PIECE_BYTES = 65_536;

const parameters = z.strictObject({
  id: z.string().min(1).max(100),
  sequence: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});

/** Like an export: an event each time, also of one's own recording. */
export interface TakeFileParts {
  readonly recordings: Recordings;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly clock: Clock;
}

/** Like an export: an event each time, also of one's own recording. */
export function takeFile({ recordings, siteLog, clock }: TakeFileParts) {
  const downloads = new FewDownloads(clock, AT_ONCE_MAX);
  return endpoint({
    summary:
      "A file that passed over SSH, out of its recording: where a rule of the profile keeps it (`keep-max`). `sequence`: of the record that tells of it",
    params: parameters,
    answer: z.string(),
    contentType: "application/octet-stream",
    handle: async (call) => {
      const { id, sequence } = call.params;
      const recording = await exportableRecording(recordings, id, call);
      if (recording.deletedMs !== undefined) throw gone(recording.cause);
      if (recording.header.endpoint.protocol !== "ssh") throw notFound();
      let name = "";
      const content = await downloads.take(async () => {
        const file = await keptFile(recordings, recording, sequence);
        if (!file) throw notFound();
        const { session, subject, asset } = recording.header;
        const { person } = call.me;
        const { path, digest } = file.operation;
        await siteLog.record({
          kind: "recording:exported",
          priority: "event",
          text: `${person.name} took the file ${JSON.stringify(path)} (SHA-256 ${digest}) out of the recording of ${subject.name} on ${asset.name}`,
          subject: person.id,
          session,
        });
        name = fileName(path, session, sequence);
        return Readable.from(pieces(file.content), { objectMode: false });
      });
      if (!content) throw busy();
      const about = { asset: recording.header.asset.id };
      // A stream, which the document can only describe as text.
      return new Download(name, "application/octet-stream", content, about) as unknown as string;
    },
  });
}

/** As it is taken, so that it is known when it was. */
function* pieces(content: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    yield content.subarray(at, at + PIECE_BYTES);
  }
}

/** An asset or a client named the file; a browser saves it under this. */
function fileName(path: string, session: string, sequence: number): string {
  const last = path.slice(path.lastIndexOf("/") + 1);
  const plain = last.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^[.-]+/, "_");
  return `sallyport-${session}-${sequence}-${plain.slice(0, 80)}`;
}

function busy(): ApiRefused {
  const message = "Other files are being taken out of recordings. Try again in a moment.";
  return new ApiRefused(503, "busy", message);
}

function gone(cause: string): ApiRefused {
  return new ApiRefused(410, "recording-deleted", cause);
}
