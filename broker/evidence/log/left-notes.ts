/**
 * What commands on the broker's host did with recordings, with the broker running or not: an
 * export, or reading them. Only the broker writes events, so notes are left in a folder, from
 * where it takes them.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { readWhole, type Volume, writeWhole } from "../volume.ts";

const FOLDER = "notes";
const NOTE_FILE_BYTES_MAX = 4096;
/** At once; what is more is taken the next time. */
const TAKEN_MAX = 100;

const noteSchema = z.strictObject({
  kind: z.enum(["export", "read"]),
  /** Which command. */
  command: z.string().max(100).optional(),
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
  await volume.makeFolder(directory);
  if (await volume.makeFolder(folder)) await volume.syncFolder(directory);
  const file = path.join(folder, `${randomBytes(16).toString("hex")}.json`);
  await writeWhole(volume, file, Buffer.from(JSON.stringify(note)));
}

/** @param keep resolves once the note is kept elsewhere, durably; only then it goes */
export async function takeNotes(
  volume: Volume,
  directory: string,
  keep: (note: LeftNote) => Promise<void>,
): Promise<void> {
  const folder = path.join(directory, FOLDER);
  const names = (await volume.list(folder)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
  for (const name of names.slice(0, TAKEN_MAX)) {
    const file = path.join(folder, name);
    const bytes = await readWhole(volume, file, NOTE_FILE_BYTES_MAX);
    const note = noteSchema.safeParse(parseJson(bytes)).data;
    if (!note) continue;
    await keep(note);
    // A crash before this: it is taken again, and stands there twice.
    await volume.remove(file);
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
