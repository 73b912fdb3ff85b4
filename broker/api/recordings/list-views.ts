import { z } from "zod";
import type { Recordings } from "../../evidence/recordings.ts";
import { LOOKS_LISTED_MAX, type Looks } from "../../evidence/viewing/looks.ts";
import type { NamedLook } from "../../store/recording-views.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { type LookView, lookSchema } from "../shapes/viewing.ts";
import { visibleRecording } from "./visible-recording.ts";

/** Its subject too may know who looked. */
export function listViews(recordings: Recordings, looks: Looks, siteLog: Pick<SiteEvents, "list">) {
  return endpoint({
    summary:
      "Who looked into a recording, watched it live or exported it, when, and at which part; newest first",
    params: idParameter,
    answer: z.array(lookSchema),
    handle: async (call) => {
      const { header } = await visibleRecording(recordings, call.params.id, call);
      const all = call.mayAt("recording:all", header.asset.id);
      const seen = (await looks.list(header.session)).map((look) => lookView(look, all));
      const noted = await notedOf(siteLog, header.session);
      return [...seen, ...noted].sort((a, b) => b.fromMs - a.fromMs);
    },
  });
}

/** Looking without a page, whose events say all there is to say. */
const NOTED = new Set(["recording:exported", "recording:read-on-host"]);

async function notedOf(siteLog: Pick<SiteEvents, "list">, session: string): Promise<LookView[]> {
  const events = await siteLog.list({ contains: session, limit: LOOKS_LISTED_MAX });
  return events
    .filter((event) => event.session === session && NOTED.has(event.kind))
    .map(({ id, text, atMs }) => ({
      ...{ id, how: "noted" as const, who: text, address: null },
      ...{ fromMs: atMs, untilMs: atMs, seen: null },
    }));
}

export function lookView(look: NamedLook, withAddress: boolean): LookView {
  const { id, how, who, address, fromMs, untilMs, seen } = look;
  return { id, how, who, address: withAddress ? address : null, fromMs, untilMs, seen };
}
