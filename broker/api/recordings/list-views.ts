import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import type { NamedLook } from "../../store/recording-views.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { type LookView, lookSchema } from "../shapes/viewing.ts";
import { visibleRecording } from "./visible-recording.ts";

/** Its subject too may know who looked. */
export function listViews(recordings: Recordings, looks: Looks) {
  return endpoint({
    summary:
      "Who looked into a recording or watched it live, when, and at which part; newest first",
    params: idParameter,
    answer: z.array(lookSchema),
    handle: async (call) => {
      const { header } = await visibleRecording(recordings, call.params.id, call);
      const all = call.rights.has("recording:all");
      return (await looks.list(header.session)).map((look) => lookView(look, all));
    },
  });
}

export function lookView(look: NamedLook, withAddress: boolean): LookView {
  const { id, how, who, address, fromMs, untilMs, seen } = look;
  return { id, how, who, address: withAddress ? address : null, fromMs, untilMs, seen };
}
