/** What a backup says of itself: every file with its digest, and how far the site log had come. */
import { z } from "zod";

export const MANIFEST = "manifest.json";
/** Where the recordings lie inside a backup, wherever they lie on the machine. */
export const EVIDENCE = "evidence";
/** The plant file where it lies elsewhere than in the data folder. */
export const PLANT_FILE = "elsewhere/plant.yaml";

/** A path below the folder: no way out, nothing hidden in it, no second writing of the same. */
const NAME = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._@+-]+(?:\/[A-Za-z0-9._@+-]+)*$/;

const fileSchema = z.strictObject({
  name: z.string().regex(NAME).max(400),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const manifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string(),
  madeMs: z.number(),
  /** False: the recordings were left out on purpose. */
  recordings: z.boolean(),
  /** Sessions whose recordings were still open: the next backup has them. */
  openSessions: z.array(z.string().max(100)),
  /** The signed note of the newest log. */
  checkpoint: z.string().max(10_000),
  files: z.array(fileSchema),
});

export type BackupFile = z.output<typeof fileSchema>;
export type BackupManifest = z.output<typeof manifestSchema>;

/** It is no backup, was changed, or does not fit together; the message is for a person. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}

export function isBackupName(name: string): boolean {
  return NAME.test(name) && name.length <= 400;
}

/** @throws BackupRefused */
export function parseManifest(text: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BackupRefused("its list of files cannot be read");
  }
  const read = manifestSchema.safeParse(value);
  if (!read.success) throw new BackupRefused("its list of files is not one of this release's");
  const names = new Set(read.data.files.map(({ name }) => name.toLowerCase()));
  if (names.size !== read.data.files.length) throw new BackupRefused("it names a file twice");
  return read.data;
}
