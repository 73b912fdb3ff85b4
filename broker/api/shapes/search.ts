/** JSON of a search over everything recorded. */
import { z } from "zod";
import {
  ALTERNATIVES_MAX,
  NAME_FIELDS,
  PATTERN_LENGTH_MAX,
  PERSONAL_FIELDS,
  QUERY_LENGTH_MAX,
  TABLES,
  TERMS_MAX,
  TEXT_FIELDS,
  type Term,
  WORDS,
} from "../../../protocols/search/terms.ts";

/** Hits of one answer. */
export const HITS_MAX = 200;

const not = z.literal(true).exactOptional();
const alternatives = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(ALTERNATIVES_MAX);
const patterns = alternatives(z.string().min(1).max(PATTERN_LENGTH_MAX));
const finite = z.number().exactOptional();
const intervals = alternatives(
  z.strictObject({ min: finite, max: finite, minOpen: not, maxOpen: not }),
);
const address = z.number().int().min(0).max(65_535);
const registers = alternatives(
  z.strictObject({ table: z.enum(TABLES).exactOptional(), from: address, to: address }),
);

const wordTerm = <F extends keyof typeof WORDS>(field: F) =>
  z.strictObject({
    field: z.literal(field),
    not,
    any: alternatives(z.enum(WORDS[field] as readonly string[] as [string, ...string[]])),
  });

/** As `protocols/search/terms.ts` has them. */
export const termSchema: z.ZodType<Term> = z.union([
  z.strictObject({
    field: z.enum([...PERSONAL_FIELDS, ...NAME_FIELDS, ...TEXT_FIELDS]),
    not,
    any: patterns,
  }),
  wordTerm("class"),
  wordTerm("verdict"),
  wordTerm("outcome"),
  wordTerm("hold"),
  wordTerm("state"),
  z.strictObject({ field: z.enum(["value", "unit"]), not, any: intervals }),
  z.strictObject({ field: z.literal("register"), not, any: registers }),
  z.strictObject({ field: z.enum(["after", "before"]), atMs: z.number() }),
]);

export const searchSchema = z.strictObject({
  terms: z.array(termSchema).max(TERMS_MAX),
  /** Of an answer before: what follows it. */
  cursor: z.string().max(500).exactOptional(),
  limit: z.number().int().min(1).max(HITS_MAX).default(50),
});
export type SearchView = z.input<typeof searchSchema>;

/** In the language of the search box; times without a zone are in UTC. */
export const searchTextSchema = z.strictObject({
  q: z
    .string()
    .max(2 * QUERY_LENGTH_MAX)
    .default(""),
});

const pointSchema = z.object({
  tag: z.string(),
  unit: z.number(),
  table: z.enum(TABLES),
  address: z.number(),
  /** Engineering value of a tag, raw of a register; null where none is known. */
  min: z.number().nullable(),
  max: z.number().nullable(),
});

export const hitSchema = z.object({
  recording: z.string(),
  /** Record that the player is to go to. */
  at: z.number(),
  sequence: z.number(),
  item: z.number(),
  atMs: z.number(),
  untilMs: z.number(),
  /** Polled reads that are one row; 1 for everything else. */
  count: z.number(),
  class: z.enum(WORDS.class).nullable(),
  verdict: z.enum(WORDS.verdict).nullable(),
  outcome: z.enum(WORDS.outcome).nullable(),
  wasHeld: z.boolean(),
  byBroker: z.boolean(),
  action: z.string(),
  rule: z.string(),
  reason: z.string(),
  text: z.string(),
  file: z.string(),
  points: z.array(pointSchema),
});
export type HitView = z.infer<typeof hitSchema>;

export const foundRecordingSchema = z.object({
  id: z.string(),
  state: z.enum(["open", "sealed", "gap", "aborted"]),
  subject: z.object({ id: z.string(), name: z.string() }),
  asset: z.object({ id: z.string(), name: z.string(), zone: z.string() }),
  endpoint: z.string(),
  profile: z.string(),
  /** The first recording of the visit that it joined. */
  visit: z.string().exactOptional(),
  startedMs: z.number(),
  endedMs: z.number(),
});
export type FoundRecordingView = z.infer<typeof foundRecordingSchema>;

export const foundSchema = z.object({
  hits: z.array(hitSchema),
  /** Those of the hits. */
  recordings: z.array(foundRecordingSchema),
  /** Null once everything was looked through. */
  cursor: z.string().nullable(),
  /** Recordings that the question is about. */
  asked: z.number(),
  /** Of them, those that are not, or not to their end, in the index yet. */
  behind: z.number(),
});
export type FoundView = z.infer<typeof foundSchema>;
