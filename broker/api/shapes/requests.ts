/** JSON of requests for a time, what was decided about them, and what came of it. */
import { z } from "zod";
import { classSchema } from "./plant.ts";

/** Within one day, in the site's time zone: `{ day: "tue", from: "08:00", until: "12:00" }`. */
export const weeklyWindowSchema = z.object({
  day: z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
  from: z.string(),
  until: z.string(),
});
export type WeeklyWindowView = z.infer<typeof weeklyWindowSchema>;

const who = z.object({ id: z.string(), name: z.string(), employer: z.string() });

export const requestSchema = z.object({
  id: z.string(),
  /** Who will hold the grants. */
  person: who,
  /** The same, or the sponsor who asks for a vendor. */
  requestedBy: who,
  endpoints: z.array(z.object({ id: z.string(), assetName: z.string() })),
  /** Ids of the sites that they are at. */
  sites: z.array(z.string()),
  profile: z.string(),
  profileDescription: z.string(),
  classes: z.array(classSchema),
  fromMs: z.number().nullable(),
  untilMs: z.number().nullable(),
  /** Instead of `untilMs`: its clock starts at approval. */
  durationMs: z.number().nullable(),
  weekly: z.array(weeklyWindowSchema).nullable(),
  sessionsMax: z.number().nullable(),
  /** Set where it asks for more time of this grant. */
  moreTimeFor: z.string().nullable(),
  reason: z.string(),
  ticket: z.string(),
  createdMs: z.number(),
  expiresMs: z.number(),
  state: z.enum(["waiting", "approved", "refused", "withdrawn", "expired"]),
  stateMs: z.number(),
  decisions: z.array(
    z.object({
      name: z.string(),
      decision: z.enum(["approve", "refuse"]),
      reason: z.string(),
      atMs: z.number(),
    }),
  ),
  /** Who must agree, rule by rule, and how many have. */
  approvals: z.array(
    z.object({ zone: z.string(), by: z.array(z.string()), needed: z.number(), given: z.number() }),
  ),
  /** For who may decide about a vendor: accounts that may be the same person's. */
  alike: z.array(who.extend({ disabled: z.boolean() })),
  mine: z.boolean(),
  mayDecide: z.boolean(),
  mayWithdraw: z.boolean(),
});
export type RequestView = z.infer<typeof requestSchema>;

/** What the caller can ask for. */
export const requestChoicesSchema = z.object({
  endpoints: z.array(
    z.object({
      id: z.string(),
      assetName: z.string(),
      protocol: z.string(),
      /** Who must agree there. */
      by: z.array(z.string()),
      needed: z.number(),
    }),
  ),
  profiles: z.array(
    z.object({
      id: z.string(),
      description: z.string(),
      classes: z.array(classSchema),
      /** Those of which it could permit something. */
      protocols: z.array(z.string()),
    }),
  ),
});
export type RequestChoicesView = z.infer<typeof requestChoicesSchema>;

/** What a passkey is to sign: the challenge in the options is the SHA-256 of the text. */
export const actionToSignSchema = z.object({
  text: z.string(),
  options: z.looseObject({ challenge: z.string() }),
});

/** A grant as its holder sees it on the page Access. */
export const heldGrantSchema = z.object({
  id: z.string(),
  source: z.enum(["plant-file", "console", "request", "break-glass"]),
  endpoint: z.string(),
  /** Id of the site that it is at: weekly windows are in its time zone. */
  site: z.string(),
  assetId: z.string(),
  assetName: z.string(),
  profile: z.string(),
  profileDescription: z.string(),
  classes: z.array(classSchema),
  state: z.enum(["coming", "live"]),
  /** When it counts next, or since when it does. */
  opensMs: z.number().nullable(),
  /** When it stops to count, or will the next time. */
  closesMs: z.number().nullable(),
  /** When it ends for good. */
  untilMs: z.number().nullable(),
  weekly: z.array(weeklyWindowSchema).nullable(),
  sessionsMax: z.number().nullable(),
  reason: z.string(),
  /** Whether more time can be asked for. */
  extendable: z.boolean(),
});
export type HeldGrantView = z.infer<typeof heldGrantSchema>;
