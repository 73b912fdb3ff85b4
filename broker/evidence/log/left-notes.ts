/**
 * Events of commands that run beside the broker, such as an export on its host: only one process
 * may write to the log, so they are left in a folder, from where the broker takes them into it.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import type { LogEvent } from "./leaf.ts";

const FOLDER = "notes";
const NOTE_FILE_BYTES_MAX = 4096;
/** At once; what is more is taken the next time. */
const TAKEN_MAX = 100;

const noteSchema = z.strictObject({
  kind: z.literal("export"),
  session: z.string().max(100).optional(),
  /** What was asked for, where it was more than one session. */
  range: z.string().max(1000).optional(),
  by: z.string().max(200),
  occurredMs: z.number(),
});
export type LeftNote = z.infer<typeof noteSchema>;

/** Durable once it resolves. @param directory of the site log */
export async function leaveNote(volume: Volume, directory: string, note: LeftNote): Promise<void> {
  const folder = path.join(directory, FOLDER);
  if (await volume.makeFolder(folder)) await volume.syncFolder(directory);
  const file = path.join(folder, `${randomBytes(16).toString("hex")}.json`);
  await writeWhole(volume, file, Buffer.from(JSON.stringify(note)));
}

/** @param note told each event, and what to call once it is in the log */
export async function takeNotes(
  volume: Volume,
  directory: string,
  note: (event: LogEvent, kept: () => void) => void,
): Promise<void> {
  const folder = path.join(directory, FOLDER);
  const names = (await volume.list(folder)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  for (const name of names.slice(0, TAKEN_MAX)) {
    const file = path.join(folder, name);
    const bytes = await readWhole(volume, file, NOTE_FILE_BYTES_MAX);
    const event = noteSchema.safeParse(parseJson(bytes)).data;
    // A crash before it is removed: it is taken again, and stands in the log twice.
    if (event) note(event, () => void volume.remove(file).catch(() => undefined));
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
