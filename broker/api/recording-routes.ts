/** Routes of what is done with recordings besides playing them. */
import type { Clock } from "../clock.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { SiteLog } from "../store/site-log.ts";
import { exportOneRecording } from "./recordings/export-recording.ts";
import { holdRecording, releaseRecording } from "./recordings/hold-recording.ts";
import { guarded, type Route } from "./route.ts";

export interface RecordingRouteParts {
  readonly recordings: Recordings;
  readonly siteLog: Pick<SiteLog, "record">;
  readonly clock: Clock;
}

export function recordingRoutes(parts: RecordingRouteParts): readonly Route[] {
  const { recordings, siteLog, clock } = parts;
  const exporting = ["recording:own", "recording:export"] as const;
  const hold = "/api/recordings/:id/hold";
  return [
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
