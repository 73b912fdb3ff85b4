import { z } from "zod";
import { POSTURE_NEEDS, postureFacts } from "../../identity/posture.ts";

export type PostureFactsView = z.infer<typeof postureFacts>;

const need = z.enum(POSTURE_NEEDS);
export type PostureNeedView = z.infer<typeof need>;

export const deviceSchema = z.object({
  id: z.string(),
  kind: z.enum(["browser", "machine"]),
  name: z.string(),
  /** SHA-256 of its public key (RFC 7638). */
  keyThumbprint: z.string(),
  /** Where it was enrolled from. */
  address: z.string(),
  enrolledMs: z.number(),
  usedMs: z.number(),
  revokedMs: z.number().nullable(),
  /** This request comes from it. */
  current: z.boolean(),
  /** Somebody is signed in on it now. */
  inUse: z.boolean(),
  /** Of a browser: the machine whose reports count for it. */
  machine: z.string().nullable(),
  /** How the system that manages it calls it. */
  inventory: z.string(),
  compliant: z.boolean(),
  /** What the site asks and a report denies or does not know. */
  failing: z.array(need),
  report: z.object({ facts: postureFacts, observedMs: z.number(), source: z.string() }).nullable(),
});
export type DeviceView = z.infer<typeof deviceSchema>;

export const personsDeviceSchema = deviceSchema.extend({
  person: z.object({ id: z.string(), name: z.string() }),
});
export type PersonsDeviceView = z.infer<typeof personsDeviceSchema>;

export const deviceChallengeSchema = z.object({ challenge: z.string() });

/** What Fleet, osquery or an MDM tells, as many computers as it likes. */
export const postureReportsSchema = z.strictObject({
  /** Names the system; shown beside its facts. */
  source: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .refine((name) => name !== "machine"),
  reports: z
    .array(
      z.strictObject({
        /** As an administrator has written it on the device. */
        inventory: z.string().min(1).max(80),
        /** RFC 3339; now where it is absent. */
        observed: z.iso.datetime({ offset: true }).exactOptional(),
        facts: postureFacts,
      }),
    )
    .min(1)
    .max(200),
});

export const postureTakenSchema = z.object({
  /** Devices that a report was about. */
  taken: z.number(),
  /** Inventory names that no device has. */
  unknown: z.array(z.string()),
});
