/** JSON of signals: whose are taken, what each led to, what is asked of people because of them. */
import { z } from "zod";

export type { FindingKind } from "../../plant/response-model.ts";

export const transmitterSchema = z.object({
  name: z.string(),
  issuer: z.string(),
  delivery: z.enum(["push", "poll"]),
  status: z.enum(["enabled", "paused", "disabled"]),
  /** Why it is paused or ended, in its own words. */
  reason: z.string(),
  heardMs: z.number().nullable(),
  verifiedMs: z.number().nullable(),
  /** Since the broker started. */
  taken: z.number().int(),
  refused: z.number().int(),
  lastRefusal: z.string().nullable(),
  problem: z.string().nullable(),
});
export type TransmitterView = z.infer<typeof transmitterSchema>;

export const signalStorySchema = z.object({
  id: z.string(),
  /** As it stands in the reasons of what it ended. */
  sign: z.string(),
  transmitter: z.string(),
  receivedMs: z.number(),
  type: z.string(),
  about: z.string(),
  decision: z.string(),
  effects: z.array(
    z.object({
      session: z.string().nullable(),
      text: z.string(),
      /** Record of its tape that it is about. */
      sequence: z.number().int().optional(),
    }),
  ),
  tookMs: z.number(),
});
export type SignalStoryView = z.infer<typeof signalStorySchema>;

export const demandSchema = z.object({
  key: z.string(),
  person: z.string(),
  asset: z.string().nullable(),
  asks: z.enum(["note", "proof", "supervisor", "view-only"]),
  reason: z.string(),
  atMs: z.number(),
  untilMs: z.number(),
});
export type DemandView = z.infer<typeof demandSchema>;

export const signalsSchema = z.object({
  transmitters: z.array(transmitterSchema),
  /** Newest first, at most 200. */
  stories: z.array(signalStorySchema),
  /** What counts now. */
  demands: z.array(demandSchema),
});
export type SignalsView = z.infer<typeof signalsSchema>;
