import { z } from "zod";
import type { People, Recoveries } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { recoverySchema } from "../shapes/people.ts";
import { recoveryView } from "./recovery-view.ts";

export function listRecoveries(recoveries: Recoveries, people: Pick<People, "get">) {
  return endpoint({
    summary: "Recoveries that wait for a second administrator",
    answer: z.array(recoverySchema),
    handle: async ({ me }) => {
      const open = await recoveries.list();
      return Promise.all(open.map((recovery) => recoveryView(recovery, me, people, recoveries)));
    },
  });
}
