/** Which endpoints of the plant file the broker reaches. */
import type { ReachDesk } from "../../sessions/reach-desk.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody } from "../parameters.ts";
import { type ReachabilityView, reachabilitySchema } from "../shapes/plant-file.ts";
import { writeLong } from "../written-json.ts";

export function showReachability(desk: ReachDesk) {
  return endpoint({
    summary: "Which endpoints of the plant file the broker reaches, as far as it has looked",
    answer: reachabilitySchema,
    handle: () => viewOf(desk),
  });
}

export function lookForEndpoints(desk: ReachDesk, siteLog: Pick<SiteEvents, "record">) {
  return endpoint({
    summary: "Connects to endpoints of the plant file, sends nothing, and goes; in the background",
    body: emptyBody,
    answer: reachabilitySchema,
    handle: async ({ me }) => {
      const count = desk.look();
      if (count > 0) {
        await siteLog.record({
          kind: "plant:reach-asked",
          priority: "event",
          text: `${me.person.name} had the broker look for ${count === 1 ? "1 endpoint" : `${count} endpoints`} of the plant file`,
          subject: me.person.id,
        });
      }
      return viewOf(desk);
    },
  });
}

function viewOf(desk: ReachDesk) {
  const rest = { looking: desk.isLooking };
  const list = desk.list();
  return writeLong<ReachabilityView, "endpoints", (typeof list)[number]>(
    rest,
    "endpoints",
    list,
    (each) => ({ ...each }),
  );
}
