/** JSON of people, passkeys and sign-ins. Times are milliseconds since the epoch. */
import { z } from "zod";
import { RIGHTS } from "../../policy/rights.ts";
import { namedSiteSchema } from "./plant.ts";

export const roleSchema = z.enum([
  "administrator",
  "engineer",
  "supervisor",
  "vendor",
  "auditor",
  "workload",
]);
export type RoleName = z.infer<typeof roleSchema>;

/** Rights of the console; which person has which is decided by the policies of the site. */
export const rightSchema = z.enum(RIGHTS);
export type RightName = z.infer<typeof rightSchema>;

export const personSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  employer: z.string(),
  roles: z.array(roleSchema),
  state: z.enum(["invited", "active", "disabled"]),
  passkeys: z.number().int(),
  lastSignInMs: z.number().nullable(),
  createdMs: z.number(),
});
export type PersonView = z.infer<typeof personSchema>;

export const meSchema = z.object({
  person: personSchema,
  rights: z.array(rightSchema),
  /** When the passkey last proved this person in this browser. */
  assertedMs: z.number(),
  signInId: z.string(),
  /** The device that this browser is enrolled as. */
  deviceId: z.string().nullable(),
  idleEndsMs: z.number(),
  absoluteEndsMs: z.number(),
  /** Confirming with the passkey moves that end: not where a provider's word began the sign-in. */
  mayRenew: z.boolean(),
  /** True until a second authenticator is enrolled. */
  wantsSecondPasskey: z.boolean(),
  site: namedSiteSchema,
  /** Those within it, where this broker serves several and one may look around in them. */
  sites: z.array(namedSiteSchema),
});
export type MeView = z.infer<typeof meSchema>;

export const passkeySchema = z.object({
  id: z.string(),
  label: z.string(),
  createdMs: z.number(),
  lastUsedMs: z.number().nullable(),
  /** Synced between devices (backup eligible) or bound to one. */
  synced: z.boolean(),
  rpId: z.string(),
});
export type PasskeyView = z.infer<typeof passkeySchema>;

export const signInSchema = z.object({
  id: z.string(),
  current: z.boolean(),
  address: z.string(),
  userAgent: z.string(),
  createdMs: z.number(),
  lastSeenMs: z.number(),
  /** Of a command: the machine, as it calls itself, and its key. Absent for a browser. */
  machine: z.object({ name: z.string(), keyThumbprint: z.string() }).exactOptional(),
  /** The identity provider that it began with. */
  through: z.string().exactOptional(),
});
export type SignInView = z.infer<typeof signInSchema>;

/** A one-time link; shown once, never stored in the clear. */
export const enrolmentLinkSchema = z.object({ url: z.string(), expiresMs: z.number() });
export type EnrolmentLinkView = z.infer<typeof enrolmentLinkSchema>;

/** A person who lost all passkeys; two administrators must agree before a link is made. */
export const recoverySchema = z.object({
  id: z.string(),
  personId: z.string(),
  personName: z.string(),
  requestedBy: z.string(),
  requestedMs: z.number(),
  expiresMs: z.number(),
  reason: z.string(),
  /** Whether the signed-in administrator may approve it (never one's own request, never for oneself). */
  mayApprove: z.boolean(),
});
export type RecoveryView = z.infer<typeof recoverySchema>;

/** Every error answer. `code` is stable; `message` says what happened and what to do next. */
export const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  rule: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;
