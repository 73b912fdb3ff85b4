/** What is written about a recording beside its segments: manifest, index and close. */
import { z } from "zod";
import { parseHeader } from "../../protocols/tape/header.ts";
import type { Header } from "../../protocols/tape/record.ts";

/** Of the folder as a whole; the tape has its own version. */
export const FORMAT = 1;

const whole = z.number().int().nonnegative();

const countsSchema = z.object({ observed: whole, changed: whole, refused: whole, held: whole });

/** One line of the index: a sealed segment and what it holds. */
export const indexLineSchema = z.object({
  number: whole,
  firstSequence: whole,
  lastSequence: whole,
  firstMs: whole,
  lastMs: whole,
  /** Bytes on disk, sealed. */
  bytes: whole,
  plainBytes: whole,
  sha256: z.string(),
  records: whole,
  counts: countsSchema,
  gaps: whole,
  /** Sequence numbers passed over within the segment. */
  missing: whole,
  /** Cause of the first gap in it. */
  gapCause: z.string().optional(),
  /** Present if its last record is the end of the tape. */
  end: z.object({ rule: z.string(), reason: z.string() }).optional(),
  marks: z.array(
    z.object({
      sequence: whole,
      wallMs: whole,
      kind: z.enum(["write", "refusal", "hold", "answer", "capabilities", "gap", "end"]),
    }),
  ),
});
export type IndexLine = z.infer<typeof indexLineSchema>;

/** `close.json`: written last, and only when every segment it counts is in place. */
export const closeSchema = z.object({
  format: z.literal(FORMAT),
  session: z.string(),
  /** The build that closed it; the header names the one that recorded. */
  build: z.string(),
  state: z.enum(["sealed", "gap", "aborted"]),
  /** Why it is in this state, in words. */
  cause: z.string(),
  /** What ended the session; absent if its tape has no end. */
  end: z.object({ rule: z.string(), reason: z.string() }).optional(),
  segments: whole,
  records: whole,
  bytes: whole,
  startedMs: whole,
  endedMs: whole,
  counts: countsSchema,
  gaps: whole,
  missing: whole,
  /** RFC 6962 tree over the SHA-256 of the segments as on disk, in hex. */
  root: z.string(),
});
export type Close = z.infer<typeof closeSchema>;

/** `tombstone.json`: the recording was deleted by policy; manifest and close stay. */
export const tombstoneSchema = z.object({
  format: z.literal(FORMAT),
  session: z.string(),
  deletedMs: whole,
  /** The policy: how long recordings were kept after their end. */
  keepMs: whole,
  /** Of what was deleted, as its close has it. */
  segments: whole,
  records: whole,
  bytes: whole,
  root: z.string(),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

/** As it lies on disk: the site log has the SHA-256 of these bytes. */
export function tombstoneText(tombstone: Tombstone): string {
  return `${JSON.stringify(tombstone, undefined, 2)}\n`;
}

/** `hold.json`: no policy deletes the recording while it is there. */
export const holdSchema = z.object({
  by: z.object({ id: z.string(), name: z.string() }),
  reason: z.string(),
  atMs: whole,
});
export type Hold = z.infer<typeof holdSchema>;

export interface Manifest {
  readonly header: Header;
  /** The steps that each segment went through, and whom it was encrypted to (`age1…`). */
  readonly sealedAs: string;
  readonly recipients: readonly string[];
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ format: FORMAT, ...manifest }, undefined, 2)}\n`;
}

/** Undefined if the text is no manifest that can be read here. */
export function parseManifest(text: string): Manifest | undefined {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || !("header" in value)) return undefined;
  const header = parseHeader(value.header);
  const sealing = sealingSchema.safeParse(value).data;
  return header === undefined || sealing === undefined ? undefined : { header, ...sealing };
}

const sealingSchema = z.object({
  sealedAs: z.string(),
  // Recordings of before there was encryption name none.
  recipients: z.array(z.string()).default([]),
});

export function parseClose(text: string): Close | undefined {
  return closeSchema.safeParse(parseJson(text)).data;
}

/**
 * The lines that count, and how many bytes they take. A crash while a line was written leaves a
 * torn last one, which does not count: its segment is sealed again from the write-ahead.
 */
export function parseIndex(bytes: Uint8Array): { lines: IndexLine[]; length: number } {
  const lines: IndexLine[] = [];
  let length = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, length);
    if (newline < 0) return { lines, length };
    const text = new TextDecoder().decode(bytes.subarray(length, newline));
    const line = indexLineSchema.safeParse(parseJson(text)).data;
    const last = lines.at(-1)?.number ?? -1;
    if (line === undefined || line.number <= last) return { lines, length };
    lines.push(line);
    length = newline + 1;
  }
}

export function parseTombstone(text: string): Tombstone | undefined {
  return tombstoneSchema.safeParse(parseJson(text)).data;
}

export function parseHold(text: string): Hold | undefined {
  return holdSchema.safeParse(parseJson(text)).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
