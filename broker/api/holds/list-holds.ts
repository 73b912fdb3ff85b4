import { z } from "zod";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { holdSchema } from "../shapes/holds.ts";
import { allHolds, holdView } from "./open-hold.ts";

export function listHolds(sessions: SessionHost) {
  return endpoint({
    summary: "What waits for a second person, soonest first, and what lapsed a little while ago",
    answer: z.array(holdSchema),
    handle: ({ me, mayAt }) =>
      [...allHolds(sessions)]
        .filter(({ session }) => mayAt("hold:answer", session.claims.asset.id))
        .map((found) => holdView(found, me.person.id))
        .sort((a, b) => b.state.localeCompare(a.state) || a.untilMs - b.untilMs),
  });
}
