import { z } from "zod";
import { demandKey } from "../../store/demands.ts";
import { endpoint } from "../endpoint.ts";
import { ApiRefused, notFound } from "../problem.ts";
import type { SignalGround } from "./list-signals.ts";

/** First on disk, then in force; nobody lifts what is asked of themselves. */
export function liftDemand({ demands, store, people }: SignalGround) {
  return endpoint({
    summary: "Ask no more of a person than policies do, where a signal or a finding asked for it",
    body: z.strictObject({ key: z.string().max(500), reason: z.string().trim().min(1).max(300) }),
    handle: async ({ me, mayAt, body: { key, reason } }) => {
      const demand = demands.list().find((each) => demandKey(each) === key);
      // Of no asset: at every site.
      if (!demand || !mayAt("lock:lift", demand.asset ?? "")) throw notFound();
      if (demand.personId === me.person.id) {
        throw new ApiRefused(403, "not-allowed", "Somebody else lifts what is asked of you.");
      }
      const person = await people
        .list()
        .then((all) => all.find(({ id }) => id === demand.personId));
      await store.act(async (queries, record) => {
        await demands.forget(queries, [demand]);
        await record({
          kind: "signal:lifted",
          priority: "event",
          text: `${me.person.name} lifted what was asked of ${person?.name ?? "somebody"} (${demand.kind}): ${reason}. It was asked because ${demand.reason}`,
          subject: me.person.id,
          about: { signal: demand.story },
        });
      });
      demands.drop([demand]);
      return undefined;
    },
  });
}
