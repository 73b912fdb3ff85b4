/** JSON of the report of what a session changed, and of an act that somebody signed for it. */
import { z } from "zod";
import { recordingSchema } from "./sessions.ts";

const tagSchema = z.object({
  name: z.string(),
  unitId: z.number(),
  table: z.string(),
  address: z.number(),
  type: z.string(),
  wordOrder: z.string(),
  scale: z.number(),
  offset: z.number(),
  unit: z.string(),
  states: z.array(z.object({ value: z.number(), word: z.string() })).exactOptional(),
});

/** `value`: raw * scale + offset; null where it is no number. `text`: of a node, which has no registers. */
const readingSchema = z.object({
  registers: z.array(z.number()),
  value: z.number().nullable(),
  text: z.string().exactOptional(),
  atMs: z.number(),
});

const approvalSchema = z.object({ name: z.string(), actionId: z.string(), sha256: z.string() });

export const reportSchema = z.object({
  recording: recordingSchema,
  /** Of the endpoint, to read registers by. */
  tags: z.array(tagSchema),
  values: z.array(
    z.object({
      tag: z.string(),
      /** Null: not read, or not since the last change. */
      before: readingSchema.nullable(),
      held: z.array(readingSchema),
      after: readingSchema.nullable(),
    }),
  ),
  changes: z.array(
    z.object({
      sequence: z.number(),
      wallMs: z.number(),
      description: z.string(),
      points: z
        .object({
          unit: z.number(),
          table: z.string(),
          address: z.number(),
          before: z.array(z.number().nullable()),
          values: z.array(z.number()),
        })
        .nullable(),
      /** Where it writes the value of a node of OPC UA. */
      node: z
        .object({
          ...{ name: z.string(), unit: z.string() },
          before: z.object({ text: z.string(), number: z.number().nullable() }).nullable(),
          value: z.string(),
        })
        .nullable(),
      outcome: z.enum([
        ...["pending", "answered", "exception", "refused", "held", "lost", "withheld"],
      ] as const),
      rule: z.string(),
      reason: z.string(),
      approval: approvalSchema.nullable(),
    }),
  ),
  changesLeftOut: z.number(),
  end: z.object({ rule: z.string(), reason: z.string() }).nullable(),
  grant: z.object({
    id: z.string(),
    profile: z.string(),
    /** Null: it stands in the plant file. */
    madeBy: z.string().nullable(),
    reason: z.string(),
    request: z
      .object({
        id: z.string(),
        askedBy: z.string(),
        reason: z.string(),
        ticket: z.string(),
        decisions: z.array(
          z.object({
            by: z.string(),
            decision: z.enum(["approve", "refuse"]),
            reason: z.string(),
            atMs: z.number(),
            actionId: z.string(),
          }),
        ),
      })
      .nullable(),
  }),
});
export type ReportView = z.infer<typeof reportSchema>;

/** All that a program needs to verify it without the broker; the site log has the same. */
export const signedActSchema = z.object({
  id: z.string(),
  purpose: z.string(),
  by: z.string(),
  atMs: z.number(),
  text: z.string(),
  sha256: z.string(),
  rpId: z.string(),
  publicKey: z.string(),
  algorithm: z.number(),
  clientDataJson: z.string(),
  authenticatorData: z.string(),
  signature: z.string(),
});
export type SignedActView = z.infer<typeof signedActSchema>;
