/** JSON of the gateways through which assets are reached. */
import { z } from "zod";

export const gatewaySchema = z.object({
  id: z.string(),
  /** As the plant file names it. */
  name: z.string(),
  /** `invited`: nobody has used its line yet. */
  state: z.enum(["connected", "away", "invited"]),
  createdMs: z.number(),
  /** Connected since then. */
  sinceMs: z.number().nullable(),
  seenMs: z.number().nullable(),
  /** Version of its build. */
  build: z.string(),
  sessions: z.number(),
  certificateUntilMs: z.number().nullable(),
  /** Until then a machine can join by the line that was shown. */
  invitedUntilMs: z.number().nullable(),
  /** Endpoints that the plant file gives to it. */
  endpoints: z.array(z.string()),
});
export type GatewayView = z.infer<typeof gatewaySchema>;

export const gatewaysSchema = z.object({
  /** Gateways are let in here. */
  open: z.boolean(),
  gateways: z.array(gatewaySchema),
  /** Named by the plant file, and nobody has let them in. */
  unknown: z.array(z.object({ name: z.string(), endpoints: z.array(z.string()) })),
});
export type GatewaysView = z.infer<typeof gatewaysSchema>;

export const invitationSchema = z.object({
  /** Typed on the machine, once: `sallyport gateway join LINE`. */
  line: z.string(),
  untilMs: z.number(),
});
