/**
 * Every plant that ever counted here, never changed and never deleted: what it said, since when,
 * by whom and why. A recording names the digest of its plant, and the text is found by it.
 *
 * Before the console writes the plant file it announces who is about to, and why. Whatever comes
 * into force with that digest is theirs, also after a crash between the two; everything else was
 * done on the host.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Clock } from "../clock.ts";
import { FILE_BYTES_MAX } from "./plant-limits.ts";

export interface PlantAuthor {
  /** Id of the person; null for who edits on the host. */
  readonly by: string | null;
  readonly byName: string;
  /** Why, in their words. */
  readonly note: string;
}

export interface PlantVersion extends PlantAuthor {
  /** From 1. The highest is the one in force. */
  readonly sequence: number;
  /** SHA-256 (hex) of the text. */
  readonly digest: string;
  readonly atMs: number;
}

/** Who is about to put the text of this digest into the file. */
export interface PlantAnnounced extends PlantAuthor {
  readonly digest: string;
}

const NAME = /^(\d{6,})\.json$/;
const HOST = { by: null, byName: "The host" } as const;
const zip = promisify(gzip);
const unzip = promisify(gunzip);

export class PlantHistory {
  private readonly folder: string;
  private readonly clock: Clock;
  private readonly all: PlantVersion[] = [];
  /** Of all that lie there, also of one that cannot be read any more. */
  private highest = 0;
  private announcement: PlantAnnounced | undefined;
  private writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Makes the folder if it is not there. */
  static open(folder: string, clock: Clock): PlantHistory {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const history = new PlantHistory(folder, clock);
    for (const name of readdirSync(folder)) {
      const sequence = Number(NAME.exec(name)?.[1] ?? 0);
      history.highest = Math.max(history.highest, sequence);
      if (sequence > 0) history.all.push(...readJson<PlantVersion>(join(folder, name)));
      if (name === ANNOUNCED) [history.announcement] = readJson<PlantAnnounced>(join(folder, name));
    }
    history.all.sort((a, b) => a.sequence - b.sequence);
    return history;
  }

  /** Oldest first. */
  versions(): readonly PlantVersion[] {
    return [...this.all];
  }

  get last(): PlantVersion | undefined {
    return this.all.at(-1);
  }

  /** Who is about to change the file, or proposed what waits in it. */
  announced(): PlantAnnounced | undefined {
    return this.announcement;
  }

  /** On disk when it resolves. */
  announce(announced: PlantAnnounced): Promise<void> {
    return this.inTurn(async () => {
      await writeDurably(this.folder, ANNOUNCED, JSON.stringify(announced));
      this.announcement = announced;
    });
  }

  /** Nothing came of it. */
  forget(digest: string): Promise<void> {
    return this.inTurn(() => this.drop(digest));
  }

  /** This plant is in force. Nothing happens where it was already. On disk when it resolves. */
  add(text: string, digest: string): Promise<void> {
    return this.inTurn(async () => {
      if (this.last?.digest !== digest) await this.append(text, digest);
      await this.drop(digest);
    });
  }

  /** What was asked for so far is on disk, or has failed. */
  settled(): Promise<void> {
    return this.writing;
  }

  /** @throws Error if there is none, or its text is not what was written */
  async text(sequence: number): Promise<string> {
    const version = this.all.find((each) => each.sequence === sequence);
    if (!version) throw new Error(`there is no version ${sequence} of the plant`);
    const packed = await readFile(join(this.folder, textName(version.digest)));
    const text = (await unzip(packed, { maxOutputLength: FILE_BYTES_MAX })).toString("utf8");
    if (sha256(text) === version.digest) return text;
    throw new Error(`version ${sequence} of the plant was altered on disk`);
  }

  private async append(text: string, digest: string): Promise<void> {
    const sequence = this.highest + 1;
    const announced = this.announcement;
    const { by, byName, note } =
      announced?.digest === digest ? announced : { ...HOST, note: this.noteOf(digest) };
    const version = { sequence, digest, atMs: this.clock.wallMs(), by, byName, note };
    // The text first: a version on disk always has one.
    await writeDurably(this.folder, textName(digest), await zip(text));
    await writeDurably(this.folder, nameOf(sequence), `${JSON.stringify(version)}\n`);
    this.all.push(version);
    this.highest = sequence;
  }

  private noteOf(digest: string): string {
    if (this.all.length === 0) return "the plant file at the first start";
    const earlier = this.all.findLast((version) => version.digest === digest);
    if (!earlier) return "the file was changed on the host";
    return `the file on the host is that of version ${earlier.sequence} again`;
  }

  private async drop(digest: string): Promise<void> {
    if (this.announcement?.digest !== digest) return;
    await rm(join(this.folder, ANNOUNCED), { force: true });
    this.announcement = undefined;
  }

  private inTurn(act: () => Promise<void>): Promise<void> {
    const next = this.writing.then(act);
    this.writing = next.catch(() => {});
    return next;
  }
}

export function plantHistoryOf(dataFolder: string): string {
  return join(dataFolder, "plant-history");
}

const ANNOUNCED = "announced";

/** Nothing where somebody spoilt it on disk: that is no reason not to start. */
function readJson<T>(path: string): readonly T[] {
  try {
    return [JSON.parse(readFileSync(path, "utf8")) as T];
  } catch {
    return [];
  }
}

function nameOf(sequence: number): string {
  return `${String(sequence).padStart(6, "0")}.json`;
}

function textName(digest: string): string {
  return `${digest}.yaml.gz`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Under another name first: a crash leaves the old file or the new one. */
async function writeDurably(
  folder: string,
  name: string,
  content: string | Uint8Array,
): Promise<void> {
  const fresh = join(folder, `${name}.new`);
  const file = await open(fresh, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, join(folder, name));
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}
