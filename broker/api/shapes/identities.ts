/** JSON of what assets show as their identity, and who accepted which. */
import { z } from "zod";

const act = z.object({ by: z.string(), name: z.string(), atMs: z.number() });

export const knownIdentitySchema = z.object({
  /** `SHA256:…` of a host key, 64 hexadecimal digits of a certificate. */
  fingerprint: z.string(),
  algorithm: z.string(),
  /** Host and port that showed it. */
  address: z.string(),
  /** The same in the forms that the tools of the field print. */
  alsoWritten: z.array(z.object({ as: z.string(), text: z.string() })),
  /** The asset's own words. Null for host keys and for what cannot be read. */
  certificate: z
    .object({
      subject: z.string(),
      issuer: z.string(),
      names: z.string(),
      validFromMs: z.number(),
      validUntilMs: z.number(),
    })
    .nullable(),
  firstMs: z.number(),
  lastMs: z.number(),
  trusted: act.nullable(),
  /** Waits for another administrator. */
  proposed: act
    .extend({
      /** Beside what is trusted now, not instead of it. */
      keep: z.boolean(),
      mine: z.boolean(),
    })
    .nullable(),
});
export type KnownIdentityView = z.infer<typeof knownIdentitySchema>;

export const assetIdentitySchema = z.object({
  /** `ASSET/ENDPOINT` */
  endpoint: z.string(),
  kind: z.enum(["ssh-host-key", "opcua-certificate", "tls-certificate"]),
  /** What the plant file pins: where it does, nothing else counts. */
  inFile: z.array(z.string()),
  /** The latest shown first. */
  known: z.array(knownIdentitySchema),
});
export type AssetIdentityView = z.infer<typeof assetIdentitySchema>;

export const assetIdentitiesSchema = z.object({
  /** Another administrator must agree to what one accepts. */
  secondNeeded: z.boolean(),
  endpoints: z.array(assetIdentitySchema),
});
export type AssetIdentitiesView = z.infer<typeof assetIdentitiesSchema>;

const fingerprint = z.string().min(1).max(128);
const endpointName = z.string().min(3).max(256);

export const trustWishSchema = z.discriminatedUnion("act", [
  z.strictObject({
    act: z.literal("trust"),
    endpoint: endpointName,
    fingerprint,
    keep: z.boolean(),
  }),
  z.strictObject({ act: z.literal("withdraw"), endpoint: endpointName, fingerprint }),
]);

export const oneIdentitySchema = z.strictObject({ endpoint: endpointName, fingerprint });
