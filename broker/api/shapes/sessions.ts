/** JSON of live sessions and recordings, and the events of the live channel. */
import { z } from "zod";
import { classSchema, nodeTagSchema, tagSchema } from "./plant.ts";

export const causeSchema = z.object({
  rule: z.string(),
  reason: z.string(),
  by: z.string().optional(),
});
export type CauseView = z.infer<typeof causeSchema>;

export const liveSessionSchema = z.object({
  id: z.string(),
  subject: z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) }),
  asset: z.object({ id: z.string(), name: z.string(), zone: z.string() }),
  /** Id of the site that the asset is at. */
  site: z.string(),
  endpoint: z.string(),
  protocol: z.string(),
  /** The session that it was opened beside: both are of one visit. Not on the first of it. */
  visit: z.string().exactOptional(),
  grant: z.string(),
  profile: z.string(),
  capabilities: z.array(classSchema),
  /** Why it may do less than it could; `lost` is empty where that was so from the beginning. */
  loss: z.object({ lost: z.array(classSchema), cause: causeSchema }).nullable(),
  startedMs: z.number(),
  lastActivityMs: z.number(),
  untilMs: z.number(),
  idleMs: z.number(),
  recorder: z.enum(["recording", "frozen"]),
  /** Set while a person has frozen it. */
  frozen: causeSchema.nullable(),
  /** What must hold besides the rights (`supervisor`, `key-switch ID`), and why it does not. */
  conditions: z.array(z.object({ name: z.string(), unmet: causeSchema.nullable() })),
  watchers: z.array(z.string()),
  counts: z.object({ observed: z.number(), changed: z.number(), refused: z.number() }),
  mine: z.boolean(),
  /** Where one session alone is asked for: its points as its own profile lets them be written. */
  tags: z.array(tagSchema).exactOptional(),
  /** Likewise, over OPC UA: the nodes that the plant file names. */
  opcua: z.object({ tags: z.array(nodeTagSchema) }).exactOptional(),
  /** Likewise, on a screen: chords that may be pressed, and which way text may be copied. */
  vnc: z
    .object({ keys: z.array(z.string()), clipboard: z.array(z.enum(["in", "out"])) })
    .exactOptional(),
  /** Likewise, over SSH: what its profile lets be done at all. */
  ssh: z
    .object({
      shell: z.boolean(),
      /** Typing; without it a shell is only looked at. */
      input: z.boolean(),
      /** Named by their exact text. */
      commands: z.array(z.string()),
      /** On some path: `file:list`, `file:read` … */
      files: z.array(z.string()),
    })
    .exactOptional(),
});
export type LiveSessionView = z.infer<typeof liveSessionSchema>;

export const markSchema = z.object({
  sequence: z.number(),
  wallMs: z.number(),
  kind: z.enum(["write", "refusal", "hold", "answer", "capabilities", "gap", "end"]),
});

const namedSchema = z.array(z.object({ id: z.string(), name: z.string() }));

/** What the list of recordings can be narrowed to. */
export const recordingChoicesSchema = z.object({
  /** Without those of the broker's own sessions. */
  count: z.number(),
  /** Those of the broker's own sessions. */
  probes: z.number(),
  people: namedSchema,
  assets: namedSchema,
});
export type RecordingChoicesView = z.infer<typeof recordingChoicesSchema>;

export const recordingSchema = z.object({
  id: z.string(),
  state: z.enum(["open", "sealed", "gap", "aborted"]),
  cause: z.string(),
  subject: z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) }),
  asset: z.object({ id: z.string(), name: z.string(), zone: z.string() }),
  endpoint: z.string(),
  protocol: z.string(),
  profile: z.string(),
  /** The first session of its visit. Not on that one. */
  visit: z.string().exactOptional(),
  startedMs: z.number(),
  endedMs: z.number(),
  bytes: z.number(),
  records: z.number(),
  /** Who keeps it from being deleted, why and since when. */
  hold: z
    .object({
      by: z.object({ id: z.string(), name: z.string() }),
      reason: z.string(),
      atMs: z.number(),
    })
    .nullable(),
  /** When the retention policy deleted its content. */
  deletedMs: z.number().nullable(),
  counts: z.object({
    observed: z.number(),
    changed: z.number(),
    refused: z.number(),
    held: z.number(),
  }),
});
export type RecordingView = z.infer<typeof recordingSchema>;

export const recordingDetailSchema = recordingSchema.extend({
  segments: z.array(
    z.object({
      number: z.number(),
      firstSequence: z.number(),
      lastSequence: z.number(),
      firstMs: z.number(),
      lastMs: z.number(),
      bytes: z.number(),
      sha256: z.string(),
      marks: z.array(markSchema),
    }),
  ),
});
export type RecordingDetailView = z.infer<typeof recordingDetailSchema>;

/** What the broker noticed and a person may want to know; alarms need a person. */
export const siteEventSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  kind: z.string(),
  priority: z.enum(["event", "alarm"]),
  text: z.string(),
  /** Id of a person, and the name that person goes by now. */
  subject: z.string().nullable(),
  subjectName: z.string().nullable(),
  session: z.string().nullable(),
});
export type SiteEventView = z.infer<typeof siteEventSchema>;
