import type { Demands } from "../../access/demands.ts";
import type { People } from "../../identity/identity.ts";
import { shortId } from "../../signals/carry-out.ts";
import type { Signals } from "../../signals/signals.ts";
import type { SiteKey } from "../../signals/site-key.ts";
import { demandKey } from "../../store/demands.ts";
import type { Store } from "../../store/store.ts";
import { endpoint } from "../endpoint.ts";
import { signalsSchema } from "../shapes/signals.ts";

export interface SignalGround {
  readonly signals: Signals;
  readonly siteKey: SiteKey;
  readonly demands: Demands;
  readonly store: Store;
  readonly people: Pick<People, "list">;
  /** `iss` of what this site signs. */
  readonly issuer: string;
  /** Whether anybody is told by signals. */
  sends(): boolean;
}

export function listSignals({ signals, demands, people }: SignalGround) {
  return endpoint({
    summary: "Whose signals are taken, what they led to, and what is asked of people now",
    answer: signalsSchema,
    handle: async () => {
      const names = new Map((await people.list()).map(({ id, name }) => [id, name]));
      const stories = await signals.stories();
      return {
        transmitters: signals.list().map(({ transmitter, stream, ...standing }) => ({
          name: transmitter.name,
          issuer: transmitter.issuer,
          delivery: transmitter.delivery.kind,
          ...{ ...stream, ...standing },
        })),
        stories: stories.map(({ jtiHash: _, personId: __, effects, ...story }) => ({
          ...{ ...story, sign: shortId(story.id), effects: [...effects] },
        })),
        demands: demands.list().map((demand) => ({
          key: demandKey(demand),
          person: names.get(demand.personId) ?? demand.personId,
          ...{ asset: demand.asset, asks: demand.kind, reason: demand.reason },
          ...{ atMs: demand.atMs, untilMs: demand.untilMs },
        })),
      };
    },
  });
}
