/** JSON of the plant file: what it says, what a change of it would do, and what was before. */
import { z } from "zod";
import { FILE_BYTES_MAX } from "../../plant/plant-limits.ts";

/** Every character takes at least a byte: more is refused before it is looked at. */
export const plantText = z.string().max(FILE_BYTES_MAX);

export const plantProblemSchema = z.object({
  /** From 1; 0 where the file as a whole is meant. */
  line: z.number().int(),
  column: z.number().int(),
  message: z.string(),
  /** For example `assets[0].endpoints[1].tags[3].min`. */
  path: z.string(),
});
export type PlantProblemView = z.infer<typeof plantProblemSchema>;

export const plantCheckSchema = z.object({
  valid: z.boolean(),
  problems: z.array(plantProblemSchema),
  /** Allowed, but probably not meant. */
  warnings: z.array(plantProblemSchema),
});
export type PlantCheckView = z.infer<typeof plantCheckSchema>;

export const plantVersionSchema = z.object({
  sequence: z.number().int(),
  digest: z.string(),
  atMs: z.number(),
  byName: z.string(),
  note: z.string(),
});
export type PlantVersionView = z.infer<typeof plantVersionSchema>;

export const plantVersionTextSchema = z.object({ version: plantVersionSchema, text: z.string() });
export type PlantVersionTextView = z.infer<typeof plantVersionTextSchema>;

export const plantFileSchema = z.object({
  name: z.string(),
  /** Of the plant in force. */
  text: z.string(),
  digest: z.string(),
  /** What the file on the host says, where that is not in force. */
  onDisk: z.object({ text: z.string(), digest: z.string() }).nullable(),
  /** Why the file on the host is not in force, if it is not. */
  problem: z.string().nullable(),
  /** Why it cannot be changed from here, if it cannot. */
  readOnly: z.string().nullable(),
  needsSecond: z.boolean(),
  needsWhatIf: z.boolean(),
  /** A change that waits for another administrator. */
  held: z
    .object({
      digest: z.string(),
      /** Null where it was made on the host. */
      byName: z.string().nullable(),
      note: z.string(),
      mine: z.boolean(),
    })
    .nullable(),
  /** Newest first; the first is in force. */
  versions: z.array(plantVersionSchema),
});
export type PlantFileView = z.infer<typeof plantFileSchema>;

const partChange = z.object({
  kind: z.string(),
  id: z.string(),
  change: z.enum(["added", "changed", "removed"]),
  says: z.string(),
});
export type PartChangeView = z.infer<typeof partChange>;

const reached = { endpoint: z.string(), profile: z.string(), why: z.string() };

export const plantPlanSchema = z.object({
  id: z.string(),
  /** `done`: in force; `held`: in the file, waiting for another administrator. */
  state: z.enum(["open", "done", "held"]),
  byCommand: z.boolean(),
  expiresMs: z.number(),
  /** SHA-256 (hex) of the text; empty where it is not valid. */
  digest: z.string(),
  ...plantCheckSchema.shape,
  /** It says what is in force, letter by letter. */
  same: z.boolean(),
  changes: z.array(partChange),
  more: z.number().int(),
  /** Live sessions that would end. */
  sessions: z.array(z.object({ session: z.string(), person: z.string(), ...reached })),
  /** Grants that would lead nowhere. */
  grants: z.array(z.object({ id: z.string(), subject: z.string(), ...reached })),
  before: z.string(),
  after: z.string(),
  readOnly: z.string().nullable(),
  needsSecond: z.boolean(),
  needsWhatIf: z.boolean(),
});
export type PlantPlanView = z.infer<typeof plantPlanSchema>;

export const plantTextSchema = z.strictObject({ text: plantText });

export const plantPlanOrderSchema = z.strictObject({
  text: plantText,
  /** SHA-256 (hex) of the text in force that it was made from, where that is known. */
  basedOn: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});

/** A sheet of 10,000 rows of 200 characters. */
const CSV_LENGTH_MAX = 2 * 1024 * 1024;

export const plantImportOrderSchema = z.strictObject({
  kind: z.enum(["tags", "assets"]),
  text: plantText,
  csv: z.string().max(CSV_LENGTH_MAX),
  /** `ASSET/ENDPOINT` for tags whose rows do not say where. */
  endpoint: z.string().max(200).exactOptional(),
});
export type PlantImportOrder = z.infer<typeof plantImportOrderSchema>;

const sheetLine = z.object({ line: z.number().int(), message: z.string() });

export const plantImportSchema = z.object({
  /** With the rows; as given where there are problems. */
  text: z.string(),
  rows: z.number().int(),
  problems: z.array(sheetLine),
  /** What would be written, with the line of the sheet. */
  preview: z.array(sheetLine),
});
export type PlantImportView = z.infer<typeof plantImportSchema>;

const REACH_STATES = [
  "unknown",
  "waiting",
  "answers",
  "silent",
  "in-use",
  "by-gateway",
  "not-asked",
] as const;

export const reachabilitySchema = z.object({
  /** It is looking now: ask again. */
  looking: z.boolean(),
  endpoints: z.array(
    z.object({
      /** `ASSET/ENDPOINT` */
      endpoint: z.string(),
      address: z.string(),
      /** `in-use`: a session says it; `not-asked`: a lock or the plant file keeps the broker away. */
      state: z.enum(REACH_STATES),
      says: z.string(),
      /** How long the connection took. */
      ms: z.number().nullable(),
      atMs: z.number().nullable(),
    }),
  ),
});
export type ReachabilityView = z.infer<typeof reachabilitySchema>;
