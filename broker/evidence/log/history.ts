/**
 * Checkpoints gone by, a JSON line each: with their witnesses' times they date what lies between
 * two of them. Nothing rests on this file: it is written without waiting, and a torn line is
 * passed over.
 */
import path from "node:path";
import { z } from "zod";
import { type Volume, type VolumeFile, withFile } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import type { PublishedCheckpoint } from "./published-checkpoint.ts";
import { Turns } from "./turns.ts";

/** Dates to the minute are what anybody asks for; a year of them is some hundred megabytes. */
const EVERY_MS = 60_000;
const FILE = "history";
/** Holds a line of the greatest length, and some hundred of the usual one. */
const WINDOW = 4 * NOTE_BYTES_MAX;

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

/**
 * Newest first, among those of at most this size; some hundred of them, however long the file is:
 * its lines are in the order of their sizes.
 */
export async function earlierCheckpoints(
  volume: Volume,
  folder: string,
  sizeMax: number,
): Promise<readonly PublishedNote[]> {
  const file = path.join(folder, FILE);
  if (!(await volume.exists(file))) return [];
  return withFile(volume, file, "read", async (opened) => {
    const length = await opened.size();
    let low = 0;
    for (let high = length; high - low > WINDOW; ) {
      const middle = low + Math.floor((high - low) / 2);
      const [first] = await linesIn(opened, middle, middle + WINDOW);
      if (first !== undefined && first.size <= sizeMax) low = middle;
      else high = middle;
    }
    const lines = await linesIn(opened, Math.max(0, low - WINDOW), low + 2 * WINDOW);
    return lines.filter(({ size }) => size <= sizeMax).reverse();
  });
}

/** Whole lines between two places. */
async function linesIn(file: VolumeFile, from: number, until: number): Promise<PublishedNote[]> {
  const bytes = new Uint8Array(until - from);
  const text = new TextDecoder().decode(bytes.subarray(0, await file.read(bytes, from)));
  // A line that begins before is not one, nor is one that ends behind.
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
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
