/** JSON of vendors as their sponsors see them, and of the review of rights that stand. */
import { z } from "zod";
import { enrolmentLinkSchema } from "./people.ts";
import { grantSchema } from "./plant.ts";
import { requestSchema } from "./requests.ts";

export const vendorSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  employer: z.string(),
  /** `asleep`: no grant counts now or will; a new one wakes the account. */
  state: z.enum(["invited", "active", "asleep", "suspended", "disabled"]),
  /** Who answers for them; null for those that an administrator invited as people. */
  sponsor: z.object({ id: z.string(), name: z.string() }).nullable(),
  lastSignInMs: z.number().nullable(),
  grants: z.number().int(),
  /** When the last of their grants ends. */
  untilMs: z.number().nullable(),
  mine: z.boolean(),
});
export type VendorView = z.infer<typeof vendorSchema>;

export const vendorInvitedSchema = z.object({
  vendor: vendorSchema,
  /** Shown once. */
  link: enrolmentLinkSchema,
  request: requestSchema,
});
export type VendorInvitedView = z.infer<typeof vendorInvitedSchema>;

export const standingRightSchema = z.object({
  grant: grantSchema,
  lastUsedMs: z.number().nullable(),
  lastUsedBy: z.string().nullable(),
  /** Neither used nor made within a quarter. */
  unused: z.boolean(),
});
export type StandingRightView = z.infer<typeof standingRightSchema>;
