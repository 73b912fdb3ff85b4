import { z } from "zod";
import type { People } from "../../identity/identity.ts";
import { EVENTS_MAX, type SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { siteEventSchema } from "../shapes/sessions.ts";

const page = z.strictObject({
  /** Id of the last one seen: older ones follow. */
  before: z.string().min(1).max(100).exactOptional(),
  limit: z.coerce.number().int().min(1).max(EVENTS_MAX).exactOptional(),
  priority: z.enum(["event", "alarm"]).exactOptional(),
  /** Words of its text or its kind. */
  contains: z.string().min(1).max(200).exactOptional(),
});

export function listEvents(siteLog: Pick<SiteEvents, "list">, people: Pick<People, "list">) {
  return endpoint({
    summary: "What the broker noticed, newest first, at most 1,000 at once",
    query: page,
    answer: z.array(siteEventSchema),
    handle: async ({ query }) => {
      const [events, known] = await Promise.all([siteLog.list(query), people.list()]);
      const names = new Map(known.map((person) => [person.id, person.name]));
      return events.map((event) => ({
        ...event,
        subjectName: (event.subject === null ? undefined : names.get(event.subject)) ?? null,
      }));
    },
  });
}
