/**
 * What a frame of an index says about its rows: enough to leave them where they are when none of
 * them can match, and where to go on after a restart.
 */
import { z } from "zod";
import { type Block, WAS_HELD } from "./block.ts";
import type { Carry } from "./tape-rows.ts";

/** More different ones, and the list would be as long as what it saves. */
const NAMES_MAX = 512;

const whole = z.number().int().nonnegative();
const names = z.array(z.string()).nullable();
/** JSON has no NaN. */
const value = z
  .number()
  .nullable()
  .transform((known) => known ?? Number.NaN);

const pointSchema = z.object({
  tag: z.string(),
  unit: whole,
  table: whole,
  address: whole,
  width: whole,
  min: value,
  max: value,
  minSequence: whole,
  maxSequence: whole,
});

const foldSchema = z.object({
  key: z.string(),
  row: z.object({
    sequence: whole,
    item: whole,
    atMs: z.number(),
    untilSequence: whole,
    untilMs: z.number(),
    count: whole,
    class: z.literal("observe"),
    verdict: z.literal("permit"),
    outcome: z.enum(["answered", "exception", "lost", "pending"]),
    wasHeld: z.literal(false),
    byBroker: z.boolean(),
    action: z.string(),
    rule: z.string(),
    reason: z.string(),
    text: z.string(),
    file: z.string(),
    points: z.array(pointSchema),
  }),
});

const summarySchema = z.object({
  rows: whole,
  sequenceMin: whole,
  sequenceMax: whole,
  fromMs: z.number(),
  untilMs: z.number(),
  /** All that occur; null where they are too many to name. */
  tags: names,
  rules: names,
  actions: names,
  /** A bit for each position of the word plus one. */
  classes: whole,
  verdicts: whole,
  outcomes: whole,
  held: z.boolean(),
  /** Whether there is any text or name of a file, and any point. */
  texts: z.boolean(),
  points: z.boolean(),
  /** Of all values; NaN where there is none. */
  valueMin: value,
  valueMax: value,
  carry: z.object({
    segmentFrom: whole,
    segmentNext: whole,
    open: z.array(z.string()),
    brokersChannels: z.array(whole),
    folds: z.array(foldSchema),
    terminals: z.array(whole).exactOptional(),
  }),
  /** The recording is closed and all of it is in the index. */
  complete: z.boolean(),
});

export interface Summary extends Omit<z.output<typeof summarySchema>, "carry"> {
  readonly carry: Carry;
}

export function summaryOf(block: Block, carry: Carry, complete: boolean): Summary {
  const { row, point, texts, rows } = block;
  return {
    rows,
    sequenceMin: row.sequence[0] ?? 0,
    sequenceMax: row.sequence[rows - 1] ?? 0,
    fromMs: least(row.atMs),
    untilMs: greatest(row.untilMs),
    tags: namesIn(point.tag, texts),
    rules: namesIn(row.rule, texts),
    actions: namesIn(row.action, texts),
    classes: bitsOf(row.class),
    verdicts: bitsOf(row.verdict),
    outcomes: bitsOf(row.outcome),
    held: row.flags.some((flags) => (flags & WAS_HELD) !== 0),
    texts: row.text.some((place) => place > 0) || row.file.some((place) => place > 0),
    points: block.points > 0,
    ...rangeOf(point),
    ...{ carry, complete },
  };
}

export function summaryText(summary: Summary): string {
  return JSON.stringify(summary);
}

/** Undefined if it is none that can be read here. */
export function parseSummary(text: string): Summary | undefined {
  try {
    return summarySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function least(numbers: Float64Array): number {
  return numbers.reduce((min, number) => Math.min(min, number), Number.MAX_SAFE_INTEGER);
}

function greatest(numbers: Float64Array): number {
  return numbers.reduce((max, number) => Math.max(max, number), 0);
}

function rangeOf({ min, max }: Block["point"]): Pick<Summary, "valueMin" | "valueMax"> {
  let valueMin = Number.NaN;
  let valueMax = Number.NaN;
  // Written so that a number takes the place of a NaN, and never the other way round.
  for (const known of min) if (!Number.isNaN(known) && !(known >= valueMin)) valueMin = known;
  for (const known of max) if (!Number.isNaN(known) && !(known <= valueMax)) valueMax = known;
  return { valueMin: finite(valueMin), valueMax: finite(valueMax) };
}

/** JSON has no infinity either; the largest number stands for it, and NaN stays. */
function finite(number: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number));
}

function namesIn(places: Uint32Array, texts: readonly string[]): string[] | null {
  const found = new Set(places);
  if (found.size > NAMES_MAX) return null;
  return [...found].map((place) => texts[place] ?? "");
}

function bitsOf(places: Uint8Array): number {
  return places.reduce((bits, place) => bits | (1 << place), 0);
}
