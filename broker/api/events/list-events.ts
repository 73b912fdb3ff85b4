import { z } from "zod";
import { placeOfEvent } from "../../alarms/alarm-place.ts";
import type { People } from "../../identity/identity.ts";
import type { SiteEvent } from "../../store/model.ts";
import { EVENTS_MAX, type EventsPage, type SiteEvents } from "../../store/site-events.ts";
import { type SightParts, sightOf } from "../alarms/alarm-sight.ts";
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

export function listEvents(
  siteLog: Pick<SiteEvents, "list">,
  people: Pick<People, "list">,
  parts: SightParts,
) {
  return endpoint({
    summary: "What the broker noticed, newest first, at most 1,000 at once",
    query: page,
    answer: z.array(siteEventSchema),
    handle: async ({ me, query }) => {
      const { covers } = sightOf(parts, me, "events:view");
      const sees = (event: SiteEvent) => covers(placeOfEvent(parts.plant.current(), event));
      const [events, known] = await Promise.all([seenOf(siteLog, query, sees), people.list()]);
      const names = new Map(known.map((person) => [person.id, person.name]));
      return events.map((event) => ({
        ...event,
        subjectName: (event.subject === null ? undefined : names.get(event.subject)) ?? null,
      }));
    },
  });
}

/** Pages read for one that is shown: whoever sees few of them is not answered for minutes. */
const ROUNDS_MAX = 20;

/** Without what is about assets of sites at which one does not hold the right. */
async function seenOf(
  siteLog: Pick<SiteEvents, "list">,
  page: EventsPage,
  sees: (event: SiteEvent) => boolean,
): Promise<readonly SiteEvent[]> {
  const { limit: wanted = EVENTS_MAX } = page;
  const seen: SiteEvent[] = [];
  let { before } = page;
  // Of the first page most see all; behind it, who asks for few would else not come far.
  let limit = wanted;
  for (let round = 0; round < ROUNDS_MAX && seen.length < wanted; round += 1) {
    const next = await siteLog.list({ ...page, limit, ...(before !== undefined && { before }) });
    seen.push(...next.filter(sees));
    before = next.at(-1)?.id;
    if (next.length < limit) break;
    limit = EVENTS_MAX;
  }
  return seen.slice(0, wanted);
}
