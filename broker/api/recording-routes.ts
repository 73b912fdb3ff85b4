/** Routes of recordings. Part of `route-table.ts`. */
import type { Clock } from "../clock.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { SiteLog } from "../store/site-log.ts";
import { exportOneRecording } from "./recordings/export-recording.ts";
import { holdRecording, releaseRecording } from "./recordings/hold-recording.ts";
import { listRecordings } from "./recordings/list-recordings.ts";
import { showFrame } from "./recordings/show-frame.ts";
import { showRecording } from "./recordings/show-recording.ts";
import { showSegment } from "./recordings/show-segment.ts";
import { guarded, type Route } from "./route.ts";

export interface RecordingRouteParts {
  readonly recordings: Recordings;
  readonly siteLog: Pick<SiteLog, "record">;
  readonly clock: Clock;
}

export function recordingRoutes(parts: RecordingRouteParts): readonly Route[] {
  const { recordings, siteLog, clock } = parts;
  const own = ["recording:own", "recording:all", "recording:break-glass"] as const;
  const exporting = ["recording:own", "recording:export"] as const;
  const hold = "/api/recordings/:id/hold";
  const segment = "/api/recordings/:id/segments/:number";
  return [
    guarded("GET", "/api/recordings", own, listRecordings(recordings)),
    guarded("GET", "/api/recordings/:id", own, showRecording(recordings, siteLog, clock)),
    guarded("GET", segment, own, showSegment(recordings)),
    guarded("GET", `${segment}/frame`, own, showFrame(recordings)),
    guarded(
      "GET",
      "/api/recordings/:id/export",
      exporting,
      exportOneRecording(recordings, siteLog),
    ),
    guarded("POST", hold, "recording:all", holdRecording(recordings, siteLog, clock)),
    guarded("DELETE", hold, "recording:all", releaseRecording(recordings, siteLog)),
  ];
}
