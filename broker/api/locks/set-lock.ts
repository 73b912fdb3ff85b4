import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { reasonText } from "../parameters.ts";
import { lockKindSchema, lockSchema } from "../shapes/locks.ts";
import { type LocksAsked, lockView } from "./lock-view.ts";

export function setLock(access: LocksAsked) {
  return endpoint({
    summary: "Lock a person, asset, zone or the site: live sessions end at once, none opens",
    body: z.strictObject({
      kind: lockKindSchema,
      target: z.string().min(1).max(100),
      reason: reasonText,
    }),
    /** `kept` is false while the database has not written it: it counts, a restart may forget it. */
    answer: lockSchema.extend({ kept: z.boolean() }),
    status: 201,
    handle: async ({ me, body, rights }) => {
      const { lock, kept } = await access.locks.lock(me.person, body, me);
      return { ...lockView(access, lock, me.person, rights.has("lock:lift")), kept };
    },
  });
}
