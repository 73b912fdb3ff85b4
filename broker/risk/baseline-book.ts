/**
 * The baselines that an administrator approved, each in files of its own in the data folder: never
 * changed, never deleted, and the newest one counts. Beside them what waits for an approval, made
 * on the host by `sallyport risk learn --propose`.
 *
 *     000003.json           who approved it, when and why, and which of the texts it is
 *     <digest>.baseline     the text, as it was read and approved
 *     proposed.baseline     what waits
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../write-whole.ts";
import { parseBaseline, type ReadBaseline, readBaseline } from "./baseline-file.ts";

const versionSchema = z.strictObject({
  /** From 1. The highest is the one in force. */
  number: z.number().int().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  atMs: z.number(),
  by: z.string(),
  byName: z.string(),
  reason: z.string(),
  /** The signed act. */
  actionId: z.string(),
  /** The version that was put back; null for one that was learned. */
  back: z.number().int().nullable(),
});
export type BaselineVersion = z.infer<typeof versionSchema>;

const NAME = /^\d{6,}\.json$/;

export class BaselineBook {
  private readonly folder: string;
  private readonly all: BaselineVersion[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws Error where a version cannot be read: an older one must not count unnoticed */
  static open(dataFolder: string): BaselineBook {
    const folder = baselinesOf(dataFolder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const book = new BaselineBook(folder);
    for (const name of readdirSync(folder).filter((each) => NAME.test(each))) {
      const read = versionSchema.safeParse(parsed(join(folder, name)));
      if (!read.success) throw new Error(`${join(folder, name)} is not a version of a baseline`);
      book.all.push(read.data);
    }
    book.all.sort((a, b) => a.number - b.number);
    return book;
  }

  /** Oldest first. */
  versions(): readonly BaselineVersion[] {
    return [...this.all];
  }

  /** @throws Error with words for a person, also where it was altered since */
  text(digest: string): ReadBaseline {
    const read = readBaseline(join(this.folder, `${digest}.baseline`));
    if (read.digest === digest) return read;
    throw new Error(`the baseline ${digest.slice(0, 12)} was altered on disk`);
  }

  /** Undefined where nothing waits. @throws Error with words for a person */
  proposed(): ReadBaseline | undefined {
    const file = join(this.folder, PROPOSED);
    return existsSync(file) ? readBaseline(file) : undefined;
  }

  /** On disk when it returns. */
  add(version: Omit<BaselineVersion, "number">): BaselineVersion {
    const kept = { number: (this.all.at(-1)?.number ?? 0) + 1, ...version };
    const text = join(this.folder, `${kept.digest}.baseline`);
    // The text first: a version on disk always has one.
    if (!existsSync(text)) {
      const proposed = readFileSync(join(this.folder, PROPOSED), "utf8");
      if (parseBaseline(proposed).digest !== kept.digest) throw new Error("it is another one now");
      writeWhole(text, proposed);
    }
    const name = `${String(kept.number).padStart(6, "0")}.json`;
    writeWhole(join(this.folder, name), `${JSON.stringify(kept)}\n`);
    this.all.push(kept);
    return kept;
  }
}

const PROPOSED = "proposed.baseline";

export function baselinesOf(dataFolder: string): string {
  return join(dataFolder, "baselines");
}

/** For the command on the host: it waits there for an administrator. */
export function proposeBaseline(dataFolder: string, text: string): string {
  const folder = baselinesOf(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, PROPOSED);
  writeWhole(file, text);
  return file;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
