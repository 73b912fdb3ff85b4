import { z } from "zod";
import type { BundleDesk } from "../../evidence/log/bundle-desk.ts";
import { BundleRefused } from "../../evidence/log/write-bundle.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { Download, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { fromText, restOf, restParameters } from "./rest-of.ts";
import { exportableRecording } from "./visible-recording.ts";

export interface BundleParts {
  readonly recordings: Recordings;
  readonly bundles: Pick<BundleDesk, "take">;
  readonly siteLog: Pick<SiteEvents, "record">;
}

/** As any export: an event each time, also of one's own recording. What is in it stays sealed. */
export function exportBundle({ recordings, bundles, siteLog }: BundleParts) {
  return endpoint({
    summary:
      "A recording as it rests, sealed, and the site log's word on it: one zip that `sallyport verify` proves offline",
    params: idParameter,
    query: z.strictObject(restParameters),
    answer: z.string(),
    contentType: "application/zip",
    handle: async (call) => {
      const { header } = await exportableRecording(recordings, call.params.id, call);
      const { session, subject, asset } = header;
      const { content, digest } = await restOf(await taken(bundles, session), call.query);
      const { person } = call.me;
      await siteLog
        .record({
          kind: "recording:exported",
          priority: "event",
          text: `${person.name} exported the recording of ${subject.name} on ${asset.name} as a bundle${fromText(call.query)}`,
          subject: person.id,
          session,
        })
        .catch((error: unknown) => {
          content.destroy();
          throw error;
        });
      const about = { digest, asset: asset.id };
      const file = new Download(`sallyport-${session}.zip`, "application/zip", content, about);
      // A stream, which the document can only describe as text.
      return file as unknown as string;
    },
  });
}

async function taken(bundles: BundleParts["bundles"], session: string) {
  try {
    const content = await bundles.take(session);
    if (content) return content;
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    throw new ApiRefused(409, "no-bundle", `There is no bundle of it now: ${error.message}.`);
  }
  throw new ApiRefused(503, "busy", "Others are taking bundles. Try again in a moment.");
}
