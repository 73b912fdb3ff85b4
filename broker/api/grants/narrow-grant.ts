/**
 * What a grant was used for, as the narrowest profile: for the next one. It says what was done, so
 * it is made of recordings that the one who asks may see, and each time is an event.
 */
import type { Access, ControlledSession } from "../../access/access.ts";
import type { Narrower } from "../../evidence/past/narrower.ts";
import type { PlantSource } from "../../plant/plant-source.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { maySeeHead } from "../recordings/visible-recording.ts";
import { narrowerSchema } from "../shapes/narrower.ts";

export interface NarrowGround {
  readonly narrower: Narrower;
  readonly access: Pick<Access<ControlledSession>, "grants">;
  readonly plantFile: { readonly source: Pick<PlantSource, "current" | "currentText"> };
  readonly siteLog: Pick<SiteEvents, "record">;
}

export function narrowGrant({ narrower, access, plantFile, siteLog }: NarrowGround) {
  return endpoint({
    summary: "The narrowest profile that would have permitted what a grant was used for",
    params: idParameter,
    body: emptyBody,
    answer: narrowerSchema,
    handle: async ({ me, rights, mayAt, params }) => {
      const grant = (await access.grants()).find(({ id }) => id === params.id);
      const { source } = plantFile;
      const plant = source.current();
      const [assetId, endpointId] = grant?.endpoint.split("/") ?? [];
      const asset = plant.assets.find(({ id }) => id === assetId);
      const found = asset?.endpoints.find(({ id }) => id === endpointId);
      if (!grant || !found) throw notFound();
      const id = `${grant.profile}-narrower`;
      const ground = { plant, text: source.currentText(), endpoint: found, id, margin: 0 };
      const narrowed = await narrower.learn(
        ground,
        (head) =>
          head.grant === grant.id &&
          head.endpoint === grant.endpoint &&
          maySeeHead(head, { me, rights, mayAt }),
      );
      if (narrowed.kind !== "learned") throw refusal(narrowed.kind);
      const { profile, sessions, leftOut } = narrowed;
      await siteLog.record({
        kind: "profile:learned",
        priority: "event",
        text: `${me.person.name} had the narrowest profile made of what the grant ${grant.id} was used for, from ${sessions} recordings`,
        subject: me.person.id,
      });
      const { text, plantText, notes, unneeded, operations, refused } = profile;
      return {
        ...{ id, text, sessions, leftOut, operations, refused },
        ...{ unneeded: [...unneeded], notes: [...notes] },
        plantText: rights.has("plant:change") ? plantText : null,
      };
    },
  });
}

const SAID = {
  "nothing-done": [
    409,
    "There is no recording of this grant that you may see in which anything was done. Auditors see all, others their own.",
  ],
  busy: [409, "Somebody has a profile made now. Try again in a moment."],
  "too-much": [
    409,
    "There is too much to look through here. On the host: sallyport profile learn --grant.",
  ],
} as const;

function refusal(kind: keyof typeof SAID): ApiRefused {
  const [status, message] = SAID[kind];
  return new ApiRefused(status, kind, message);
}
