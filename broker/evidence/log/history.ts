/**
 * Checkpoints gone by, a JSON line each: with their witnesses' times they date what lies between
 * two of them. Nothing rests on this file: it is written without waiting, and a torn line is
 * passed over.
 */
import path from "node:path";
import { z } from "zod";
import { readWhole, type Volume, withFile } from "../volume.ts";
import type { PublishedCheckpoint } from "./growing-log.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import { Turns } from "./turns.ts";

/** Dates to the minute are what anybody asks for; a year of them is some hundred megabytes. */
const EVERY_MS = 60_000;
const FILE = "history";
/** Read from the end backwards by so much at once. */
const HISTORY_BYTES_MAX = 1024 * 1024 * 1024;

const lineSchema = z.object({
  size: z.number().int().nonnegative(),
  note: z.string().max(NOTE_BYTES_MAX),
});

export class History {
  private readonly volume: Volume;
  private readonly file: string;
  private readonly turns = new Turns();
  private readonly last = {
    published: Number.NEGATIVE_INFINITY,
    cosigned: Number.NEGATIVE_INFINITY,
  };

  /** @param folder of the log */
  constructor(volume: Volume, folder: string) {
    this.volume = volume;
    this.file = path.join(folder, FILE);
  }

  /** @param how cosigned ones are kept besides the others */
  keep(checkpoint: PublishedCheckpoint, how: "published" | "cosigned", nowMs: number): void {
    // The clock may have been set back.
    if (Math.abs(nowMs - this.last[how]) < EVERY_MS) return;
    this.last[how] = nowMs;
    const { size, note } = checkpoint;
    const line = Buffer.from(`${JSON.stringify({ size, note })}\n`);
    this.turns.take(() => this.append(line)).catch(() => undefined);
  }

  /** Resolves once what was kept so far is written. */
  async settle(): Promise<void> {
    await this.turns.take(async () => {});
  }

  private async append(line: Uint8Array): Promise<void> {
    await withFile(this.volume, this.file, "write", async (opened) => {
      await opened.write(line, await opened.size());
    });
  }
}

/** Newest first among those of at most this size; none if there is none. */
export async function earlierCheckpoints(
  volume: Volume,
  folder: string,
  sizeMax: number,
): Promise<readonly PublishedNote[]> {
  const file = path.join(folder, FILE);
  if (!(await volume.exists(file))) return [];
  const text = new TextDecoder().decode(await readWhole(volume, file, HISTORY_BYTES_MAX));
  return text
    .split("\n")
    .flatMap((line) => parseLine(line) ?? [])
    .filter(({ size }) => size <= sizeMax)
    .reverse();
}

export interface PublishedNote {
  readonly size: number;
  readonly note: string;
}

function parseLine(line: string): PublishedNote | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
