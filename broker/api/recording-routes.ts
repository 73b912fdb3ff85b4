/** Routes of recordings. Part of `route-table.ts`. */
import type { PlantInForce } from "../access/access.ts";
import type { Decisions } from "../access/decision-point.ts";
import type { Clock } from "../clock.ts";
import type { BundleDesk } from "../evidence/log/bundle-desk.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { Videos } from "../evidence/video/videos.ts";
import type { Viewing } from "../evidence/viewing/viewing.ts";
import type { People } from "../identity/identity.ts";
import type { SiteEvents } from "../store/site-events.ts";
import {
  addComment,
  exportComments,
  listComments,
  withdrawComment,
} from "./recordings/comments.ts";
import { exportBundle } from "./recordings/export-bundle.ts";
import { exportOneRecording } from "./recordings/export-recording.ts";
import { holdRecording, releaseRecording } from "./recordings/hold-recording.ts";
import { listRecordings, recordingChoices } from "./recordings/list-recordings.ts";
import { listViews } from "./recordings/list-views.ts";
import { showFrame } from "./recordings/show-frame.ts";
import { showRecording } from "./recordings/show-recording.ts";
import { showReport, showSignedAct } from "./recordings/show-report.ts";
import { showSegment } from "./recordings/show-segment.ts";
import { takeFile } from "./recordings/take-file.ts";
import { askVideo, downloadVideo, showVideo } from "./recordings/videos.ts";
import { forCommands, forTokens, guarded, open, type Route } from "./route.ts";
import type { SearchRouteParts } from "./search/ask-search.ts";
import { downloadFound } from "./search/download-found.ts";
import { findRecorded } from "./search/find-recorded.ts";
import {
  leaveShare,
  openShare,
  shareStands,
  showShared,
  showSharedFrame,
  showSharedSegment,
} from "./shares/shared-recording.ts";
import { listShares, makeShare, revokeShare } from "./shares/shares.ts";

export interface RecordingRouteParts {
  readonly recordings: Recordings;
  readonly siteLog: Pick<SiteEvents, "record" | "list">;
  readonly clock: Clock;
  readonly viewing: Viewing;
  readonly searching: SearchRouteParts;
  readonly videos: Videos;
  readonly bundles: Pick<BundleDesk, "take">;
  readonly identity: { readonly people: Pick<People, "get"> };
  readonly decisions: Decisions;
  readonly plant: Pick<PlantInForce, "current">;
}

export function recordingRoutes(parts: RecordingRouteParts): readonly Route[] {
  const { recordings, siteLog, clock, viewing, plant } = parts;
  const { looks } = viewing;
  const own = ["recording:own", "recording:all", "recording:break-glass"] as const;
  const exporting = ["recording:own", "recording:export"] as const;
  const hold = "/api/recordings/:id/hold";
  const segment = "/api/recordings/:id/segments/:number";
  return [
    forTokens(
      forCommands(guarded("GET", "/api/recordings", own, listRecordings(recordings, plant))),
    ),
    guarded("GET", "/api/recording-choices", own, recordingChoices(recordings)),
    forTokens(
      forCommands(guarded("GET", "/api/recordings/:id", own, showRecording(recordings, looks))),
    ),
    guarded("GET", segment, own, showSegment(recordings, looks)),
    guarded("GET", `${segment}/frame`, own, showFrame(recordings, looks)),
    forTokens(
      forCommands(
        guarded("GET", "/api/recordings/:id/export", exporting, exportOneRecording(parts)),
      ),
    ),
    forTokens(
      forCommands(guarded("GET", "/api/recordings/:id/bundle", exporting, exportBundle(parts))),
    ),
    guarded("GET", "/api/recordings/:id/files/:sequence", exporting, takeFile(parts)),
    guarded("POST", hold, "recording:all", holdRecording(recordings, siteLog, clock)),
    guarded("DELETE", hold, "recording:all", releaseRecording(recordings, siteLog)),
    guarded("GET", "/api/recordings/:id/views", own, listViews(recordings, looks, siteLog)),
    guarded("GET", "/api/recordings/:id/report", own, showReport(recordings, looks, viewing.bases)),
    guarded("GET", "/api/recordings/:id/acts/:act", own, showSignedAct(recordings, viewing.bases)),
    guarded("POST", "/api/search", own, findRecorded(parts.searching, siteLog)),
    guarded("GET", "/api/search/csv", exporting, downloadFound(parts.searching, siteLog, clock)),
    ...commentRoutes(parts),
    ...shareRoutes(parts),
    guarded("POST", "/api/recordings/:id/videos", exporting, askVideo(parts)),
    guarded("GET", "/api/recordings/:id/videos/:video", exporting, showVideo(parts)),
    guarded("GET", "/api/recordings/:id/videos/:video/file", exporting, downloadVideo(parts)),
  ];
}

function commentRoutes({ recordings, siteLog, viewing }: RecordingRouteParts): Route[] {
  const { comments } = viewing;
  const own = ["recording:own", "recording:all", "recording:break-glass"] as const;
  const exporting = ["recording:own", "recording:export"] as const;
  const path = "/api/recordings/:id/comments";
  return [
    guarded("GET", path, own, listComments(recordings, comments)),
    guarded("GET", `${path}/export`, exporting, exportComments(recordings, comments, siteLog)),
    guarded("POST", path, "recording:comment", addComment(recordings, comments)),
    guarded(
      "POST",
      `${path}/:comment/withdrawal`,
      "recording:comment",
      withdrawComment(recordings, comments),
    ),
  ];
}

/** Those under `shared` are all that a link reaches; each asks whether the link counts. */
function shareRoutes({ viewing, identity, ...others }: RecordingRouteParts): Route[] {
  const parts = { ...others, ...viewing, people: identity.people };
  const segment = "/api/shared/segments/:number";
  return [
    guarded("GET", "/api/shares", "recording:share", listShares(parts)),
    guarded("POST", "/api/shares", "recording:share", makeShare(parts)),
    guarded("DELETE", "/api/shares/:id", "recording:share", revokeShare(parts)),
    open("POST", "/api/shared/open", openShare(parts)),
    open("POST", "/api/shared/leave", leaveShare(parts)),
    open("GET", "/api/shared/standing", shareStands(parts)),
    open("GET", "/api/shared/recording", showShared(parts)),
    open("GET", segment, showSharedSegment(parts)),
    open("GET", `${segment}/frame`, showSharedFrame(parts)),
  ];
}
