/** The baseline that a site approved: a file, read once at the start. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import type { Baseline } from "../policy/risk/baseline.ts";

const KEYS_MAX = 100_000;
const texts = z.array(z.string().max(500)).max(KEYS_MAX);
const count = z.number().min(0);

const usual = z.strictObject({
  person: z.string().max(200),
  sessions: count,
  deeds: texts,
  hours: z.array(z.number().int().min(0).max(23)).max(24),
  networks: texts,
  changesPerMinute: count,
  readsPerMinute: count,
  refusedInARow: count,
  exceptionsPerMinute: count.optional(),
});

const baseline = z.strictObject({
  version: z.literal(1),
  sessions: count,
  from: z.string(),
  until: z.string(),
  usual: z.record(z.string(), usual),
  values: z.record(z.string(), z.strictObject({ min: z.number(), max: z.number() })),
});

/** A thousand people and assets with what they do. */
const BYTES_MAX = 32 * 1024 * 1024;

export interface ReadBaseline {
  readonly baseline: Baseline;
  /** SHA-256 of the file, for the log: which one counts. */
  readonly digest: string;
}

/** @throws Error with words for a person */
export function readBaseline(path: string): ReadBaseline {
  try {
    if (statSync(path).size > BYTES_MAX) throw new Error("it is too large");
    return parseBaseline(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`the baseline ${path} cannot be used: ${why.split("\n")[0]}`);
  }
}

/** @throws Error, ZodError */
export function parseBaseline(text: string): ReadBaseline {
  const digest = createHash("sha256").update(text).digest("hex");
  return { baseline: baseline.parse(JSON.parse(text)), digest };
}
