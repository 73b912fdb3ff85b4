import { z } from "zod";
import type { Clock } from "../../clock.ts";
import type { Recording, Recordings } from "../../evidence/recordings.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { type Call, endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { visibleRecording } from "./visible-recording.ts";

const reason = z.string().trim().min(1).max(500);

type NoteEvent = Pick<SiteEvents, "record">;

/** Legal hold: no policy deletes the recording until somebody releases it. */
export function holdRecording(recordings: Recordings, siteLog: NoteEvent, clock: Clock) {
  return endpoint({
    summary: "Keep a recording beyond the retention policy",
    params: idParameter,
    body: z.strictObject({ reason }),
    handle: async (call) => {
      const { header } = await heldBy(recordings, call);
      const { session, subject, asset } = header;
      const { id, name } = call.me.person;
      const atMs = Math.floor(clock.wallMs());
      const held = await recordings.hold(session, {
        by: { id, name },
        reason: call.body.reason,
        atMs,
      });
      if (!held) throw nothingToHold();
      await siteLog.record({
        kind: "recording:held",
        priority: "event",
        text: `${name} put the recording of ${subject.name} on ${asset.name} on hold: ${call.body.reason}`,
        subject: id,
        session,
      });
    },
  });
}

export function releaseRecording(recordings: Recordings, siteLog: NoteEvent) {
  return endpoint({
    summary: "Let the retention policy have a recording again",
    params: idParameter,
    handle: async (call) => {
      const { header } = await heldBy(recordings, call);
      const { session, subject, asset } = header;
      const { id, name } = call.me.person;
      // Noted first: a recording must not become deletable without a word about who let it.
      await siteLog.record({
        kind: "recording:released",
        priority: "event",
        text: `${name} took the recording of ${subject.name} on ${asset.name} off hold`,
        subject: id,
        session,
      });
      await recordings.release(session);
    },
  });
}

/** One that they see as their own, or by break-glass, is not theirs to keep or let go. */
async function heldBy(
  recordings: Recordings,
  call: Call<{ readonly id: string }, unknown, unknown>,
): Promise<Recording> {
  const recording = await visibleRecording(recordings, call.params.id, call);
  if (!call.mayAt("recording:all", recording.header.asset.id)) throw notFound();
  return recording;
}

function nothingToHold(): ApiRefused {
  const message =
    "Nothing can be kept: the recording is just beginning, or was deleted already. Look again.";
  return new ApiRefused(409, "nothing-to-hold", message);
}
