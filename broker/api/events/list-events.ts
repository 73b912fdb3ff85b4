import { z } from "zod";
import type { SiteLog } from "../../store/site-log.ts";
import { endpoint } from "../endpoint.ts";
import { siteEventSchema } from "../shapes/sessions.ts";

const page = z.strictObject({
  /** Id of the last one seen: older ones follow. */
  before: z.string().min(1).max(100).exactOptional(),
});

export function listEvents(siteLog: Pick<SiteLog, "list">) {
  return endpoint({
    summary: "What the broker noticed, newest first, at most 1,000 at once",
    query: page,
    answer: z.array(siteEventSchema),
    handle: async ({ query }) => [...(await siteLog.list(query))],
  });
}
