/**
 * What is known of a recording's copy, beside the recording:
 *
 *     <recordings>/<session id>/stored.json    the copy is proven: where it is, and of what bytes
 *     <evidence>/objects/<session id>.json     the copy is on its way; or it is parked, and why
 *
 * A crash between any two steps leaves the one, the other, or none: the next look goes on from
 * there and asks the store itself for what it has.
 */
import path from "node:path";
import { z } from "zod";
import { DESCRIPTION_BYTES_MAX } from "../limits.ts";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import { archiveSchema } from "./archive.ts";

const FORMAT = 1;
const whole = z.number().int().nonnegative();
const key = z.string().min(1).max(1024);

export const storedSchema = z.strictObject({
  format: z.literal(FORMAT),
  session: z.string(),
  key,
  /** Absent where the bucket keeps no versions. */
  version: z.string().exactOptional(),
  archive: archiveSchema,
  /** When all of it was last read back and was the same. */
  provenMs: whole,
  /** As the store has it. */
  lock: z
    .strictObject({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]), untilMs: whole })
    .exactOptional(),
  /** A legal hold is on it, there too. */
  held: z.boolean(),
  /** When its segments went from this machine. */
  awayMs: whole.exactOptional(),
});
export type Stored = z.infer<typeof storedSchema>;

const underWaySchema = z.strictObject({
  format: z.literal(FORMAT),
  session: z.string(),
  key,
  archive: archiveSchema,
  /** Of an upload in parts that has begun. */
  upload: z.string().exactOptional(),
});
export type UnderWay = z.infer<typeof underWaySchema>;

export function newUnderWay(given: Omit<UnderWay, "format">): UnderWay {
  return { format: FORMAT, ...given };
}

export function newStored(given: Omit<Stored, "format">): Stored {
  return { format: FORMAT, ...given };
}

export interface CopyPlaces {
  readonly volume: Volume;
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Folder of what is under way; made if it is not there. */
  readonly states: string;
}

/** Undefined also for a file that cannot be read: the copy is then proved, or made, anew. */
export function readStored(places: CopyPlaces, session: string): Promise<Stored | undefined> {
  return readState(places.volume, storedFile(places, session), storedSchema, session);
}

export function writeStored(places: CopyPlaces, stored: Stored): Promise<void> {
  return writeState(places.volume, storedFile(places, stored.session), stored);
}

export function storedFile({ recordings }: Pick<CopyPlaces, "recordings">, session: string) {
  return path.join(recordings, session, "stored.json");
}

export async function removeStored(places: CopyPlaces, session: string): Promise<void> {
  const file = storedFile(places, session);
  await places.volume.remove(file);
  await places.volume.syncFolder(path.dirname(file));
}

export function readUnderWay(places: CopyPlaces, session: string): Promise<UnderWay | undefined> {
  return readState(places.volume, underWayFile(places, session), underWaySchema, session);
}

export async function writeUnderWay(places: CopyPlaces, state: UnderWay): Promise<void> {
  await places.volume.makeFolder(places.states);
  await writeState(places.volume, underWayFile(places, state.session), state);
}

export async function removeUnderWay(places: CopyPlaces, session: string): Promise<void> {
  await places.volume.remove(underWayFile(places, session));
}

function underWayFile({ states }: CopyPlaces, session: string): string {
  return path.join(states, `${session}.json`);
}

async function readState<T extends { readonly session: string }>(
  volume: Volume,
  file: string,
  schema: z.ZodType<T>,
  session: string,
): Promise<T | undefined> {
  if (!(await volume.exists(file))) return undefined;
  const text = new TextDecoder().decode(await readWhole(volume, file, DESCRIPTION_BYTES_MAX));
  const read = schema.safeParse(parsed(text)).data;
  return read?.session === session ? read : undefined;
}

function writeState(volume: Volume, file: string, state: unknown): Promise<void> {
  return writeWhole(volume, file, new TextEncoder().encode(`${JSON.stringify(state)}\n`));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
