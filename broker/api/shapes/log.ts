/**
 * JSON of the site log for who audits it. Nothing in it asks to be believed: each entry comes with
 * its proof (RFC 9162) towards a signed checkpoint (C2SP), which the browser checks itself.
 */
import { z } from "zod";

/** One log of the site; there is another after each change of key. */
export const logHeadSchema = z.object({
  number: z.number().int(),
  origin: z.string(),
  /** Its public key as policies write it; null where its first leaf cannot be read. */
  key: z.string().nullable(),
  size: z.number().int(),
  /** The signed checkpoint, with its cosignatures. */
  note: z.string(),
});
export type LogHeadView = z.infer<typeof logHeadSchema>;

export const logEntrySchema = z.object({
  /** `LOG-INDEX` */
  id: z.string(),
  log: z.number().int(),
  index: z.number().int(),
  /** The leaf itself, canonical JSON; null where the files do not give it. */
  entry: z.string().nullable(),
  /** Hashes of its inclusion proof towards the head of its log, base64. */
  proof: z.array(z.string()),
  /** Why the entry or its proof cannot be read. */
  problem: z.string().nullable(),
});
export type LogEntryView = z.infer<typeof logEntrySchema>;

export const logPageSchema = z.object({
  heads: z.array(logHeadSchema),
  entries: z.array(logEntrySchema),
  /** Names of the people whose ids are in the entries, as far as they are known. */
  people: z.record(z.string(), z.string()),
  /** Person and asset of the sessions that the entries name: most leaves say the session alone. */
  sessions: z.record(
    z.string(),
    z.object({ person: z.string().nullable(), asset: z.string().nullable() }),
  ),
  /** `before` of the next page; null on the last. */
  next: z.string().nullable(),
});
export type LogPageView = z.infer<typeof logPageSchema>;

const namedSchema = z.object({ id: z.string(), name: z.string() });

export const logChoicesSchema = z.object({
  kinds: z.array(z.object({ name: z.string(), count: z.number().int() })),
  people: z.array(namedSchema),
  assets: z.array(namedSchema),
});
export type LogChoicesView = z.infer<typeof logChoicesSchema>;

export const logConsistencySchema = z.object({ hashes: z.array(z.string()) });
export type LogConsistencyView = z.infer<typeof logConsistencySchema>;

export const logStateSchema = z.object({
  /** Set while the log cannot be written. */
  failed: z.object({ cause: z.string(), sinceMs: z.number() }).nullable(),
  /** All logs of the site, the one in force last. */
  logs: z.array(logHeadSchema),
  /** Leaves that are durable and under no checkpoint yet. */
  waiting: z.number().int(),
  /** When the newest checkpoint was signed, as far as this run of the broker knows. */
  checkpointMs: z.number().nullable(),
  /** Lines of a C2SP tlog-policy; null where no witness is asked. */
  witnessPolicy: z.string().nullable(),
  /** Why the witnesses are behind; null while they are not. */
  witnessesBehind: z.string().nullable(),
  index: z.object({ indexed: z.number().int(), of: z.number().int() }),
  volume: z
    .object({
      totalBytes: z.number(),
      freeBytes: z.number(),
      /** Percent in use at which people are told; at the last no session is opened. */
      thresholds: z.array(z.number()),
    })
    .nullable(),
  /** How long recordings are kept; null: for ever. */
  retentionMs: z.number().nullable(),
  recorder: z.object({ ready: z.boolean(), cause: z.string() }),
  /** How it stands with copies in the object store; null where none is configured. */
  copies: z.object({ text: z.string(), isWell: z.boolean() }).nullable(),
  nowMs: z.number(),
});
export type LogStateView = z.infer<typeof logStateSchema>;
