/** Videos of recordings of screens: asked for, looked after, taken away. */
import { Readable } from "node:stream";
import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Video, Videos } from "../../evidence/video/videos.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { type Call, Download, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { type VideoView, videoOrderSchema, videoSchema } from "../shapes/videos.ts";
import { exportableRecording } from "./visible-recording.ts";

export interface VideoParts {
  readonly recordings: Recordings;
  readonly videos: Videos;
  readonly siteLog: Pick<SiteEvents, "record">;
}

const videoParameters = idParameter.extend({ video: z.uuid() });

/** Each is an event, as any export: the content leaves the broker with it. */
export function askVideo(parts: VideoParts) {
  return endpoint({
    summary: "Begins to make a video of a recording of a screen, or of a part of it",
    params: idParameter,
    body: videoOrderSchema,
    answer: videoSchema,
    status: 201,
    handle: async (call) => {
      const recording = await exportableRecording(parts.recordings, call.params.id, call);
      const { header, startedMs, endedMs, cause, deletedMs } = recording;
      if (deletedMs !== undefined) throw new ApiRefused(410, "recording-deleted", cause);
      if (header.endpoint.protocol !== "vnc") {
        throw new ApiRefused(422, "no-export", "Only recordings of screens become videos.");
      }
      const { fromMs = startedMs, untilMs = endedMs } = call.body;
      if (fromMs > untilMs) throw new ApiRefused(422, "no-time", "The part ends before it begins.");
      const { person } = call.me;
      const video = parts.videos.ask(recording, person.id, { fromMs, untilMs });
      if (!video) {
        const message = "Other videos are being made. Wait until one of them is done.";
        throw new ApiRefused(409, "too-many", message);
      }
      const { session, subject, asset } = header;
      await parts.siteLog.record({
        kind: "recording:exported",
        priority: "event",
        text: `${person.name} exported the recording of ${subject.name} on ${asset.name} as a video`,
        subject: person.id,
        session,
      });
      return viewOf(video);
    },
  });
}

export function showVideo(parts: VideoParts) {
  return endpoint({
    summary: "How far a video is",
    params: videoParameters,
    answer: videoSchema,
    handle: async (call) => viewOf((await mine(parts, call)).video),
  });
}

export function downloadVideo(parts: VideoParts) {
  return endpoint({
    summary: "A video that is ready, as MP4",
    params: videoParameters,
    answer: z.string(),
    contentType: "video/mp4",
    handle: async (call) => {
      const { video, asset } = await mine(parts, call);
      const { state, session } = video;
      if (state.kind !== "ready") throw notFound();
      const content = Readable.from([Buffer.from(state.bytes)]);
      const about = { asset: asset.id };
      const file = new Download(`sallyport-${session}.mp4`, "video/mp4", content, about);
      return file as unknown as string;
    },
  });
}

interface Mine {
  readonly video: Video;
  readonly asset: { readonly id: string };
}

type VideoCall = Call<z.output<typeof videoParameters>, unknown, unknown>;

/** The right to the recording counts still. */
async function mine({ recordings, videos }: VideoParts, call: VideoCall): Promise<Mine> {
  const { header } = await exportableRecording(recordings, call.params.id, call);
  const video = videos.get(call.params.video, call.me.person.id);
  if (video?.session !== call.params.id) throw notFound();
  return { video, asset: header.asset };
}

function viewOf({ id, span, state }: Video): VideoView {
  const common = { id, ...span, shortened: false, share: 0, reason: "", bytes: 0 };
  switch (state.kind) {
    case "waiting":
      return { ...common, state: "waiting" };
    case "making":
      return { ...common, state: "making", share: state.share };
    case "ready": {
      const { bytes, shortened } = state;
      return { ...common, state: "ready", share: 1, shortened, bytes: bytes.length };
    }
    case "failed":
      return { ...common, state: "failed", reason: state.reason };
  }
}
