/**
 * The files that evidence is kept in, as far as the recorder uses them. `disk-volume.ts` has them
 * on real disks; tests put another in front of it whose n-th operation fails.
 */
import path from "node:path";

export interface VolumeFile {
  /** Writes all of the bytes, or throws. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Fills `into` from `position` as far as the file reaches; answers how many bytes. */
  read(into: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  /** Whether this is the file of that name now: it may have been removed, moved or covered. */
  isAt(file: string): Promise<boolean>;
  truncate(length: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Volume {
  /**
   * `read`: must exist. `write`: created if missing, mode 0600. `durable`: as `write`, and each
   * write returns only once it is on disk (O_DSYNC).
   */
  open(file: string, access: "read" | "write" | "durable"): Promise<VolumeFile>;
  /** Names in a folder; none if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  exists(file: string): Promise<boolean>;
  /** Mode 0700. False if it was there already. Parents must exist. */
  makeFolder(folder: string): Promise<boolean>;
  /** It must be empty. Nothing happens if it is a file. */
  removeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens if there is no such file. */
  remove(file: string): Promise<void>;
  /** Makes names durable that were created, renamed or removed in the folder. */
  syncFolder(folder: string): Promise<void>;
}

/** The whole file. Throws if it is longer than `lengthMax`. */
export async function readWhole(
  volume: Volume,
  file: string,
  lengthMax: number,
): Promise<Uint8Array> {
  return withFile(volume, file, "read", async (opened) => {
    const size = await opened.size();
    if (size > lengthMax) throw new Error(`${path.basename(file)} is too long: ${size} bytes`);
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, await opened.read(bytes, 0));
  });
}

/**
 * Puts a file in place whole: after a crash it is there as it was, or as it is now, never in
 * between. What a crash leaves behind is a `.tmp` file that the next attempt overwrites.
 */
export async function writeWhole(volume: Volume, file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  await withFile(volume, temporary, "write", async (opened) => {
    await opened.truncate(0);
    await opened.write(bytes, 0);
    await opened.sync();
  });
  await volume.rename(temporary, file);
  await volume.syncFolder(path.dirname(file));
}

/** Closes the file whatever happens; an error of `use` counts before one of closing. */
export async function withFile<T>(
  volume: Volume,
  file: string,
  access: "read" | "write" | "durable",
  use: (opened: VolumeFile) => Promise<T>,
): Promise<T> {
  const opened = await volume.open(file, access);
  let result: T;
  try {
    result = await use(opened);
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
  await opened.close();
  return result;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
