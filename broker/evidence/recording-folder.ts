/**
 * One recording on disk:
 *
 *     <recordings>/<session id>/manifest.json      the header; written when the first record is
 *                               segments/<n>.seg   sealed; never changed once in place
 *                               index              a JSON line a segment, after it is in place
 *                               close.json         last; a recording without it is not closed
 *
 * Each step is durable before the next begins, so a crash leaves a recording that lacks its last
 * steps and nothing else; sealing a segment again gives another file of the same content, which
 * takes its place before the index names it.
 */
import path from "node:path";
import {
  type Close,
  type IndexLine,
  type Manifest,
  manifestText,
  parseClose,
  parseIndex,
  parseManifest,
} from "./descriptions.ts";
import { DESCRIPTION_BYTES_MAX, SEGMENT_PLAIN_MAX } from "./limits.ts";
import { readWhole, type Volume, withFile, writeWhole } from "./volume.ts";

export class RecordingFolder {
  private readonly volume: Volume;
  private readonly folder: string;

  constructor(volume: Volume, recordings: string, session: string) {
    this.volume = volume;
    this.folder = path.join(recordings, session);
  }

  /** False if there is one already. */
  make(): Promise<boolean> {
    return this.volume.makeFolder(this.folder);
  }

  /** Also makes what a crash may have left undone. */
  async writeManifest(manifest: Manifest): Promise<void> {
    await this.volume.makeFolder(this.folder);
    await this.volume.makeFolder(path.join(this.folder, "segments"));
    await writeWhole(this.volume, this.file("manifest.json"), encodeText(manifestText(manifest)));
    await this.volume.syncFolder(path.dirname(this.folder));
  }

  async readManifest(): Promise<Manifest | undefined> {
    const text = await this.readText("manifest.json");
    return text === undefined ? undefined : parseManifest(text);
  }

  async writeSegment(number: number, sealed: Uint8Array): Promise<void> {
    await writeWhole(this.volume, this.segmentFile(number), sealed);
  }

  readSegment(number: number): Promise<Uint8Array> {
    return readWhole(this.volume, this.segmentFile(number), SEGMENT_PLAIN_MAX);
  }

  /** The lines so far and their length, which is where the next one goes. */
  async readIndex(): Promise<{ readonly lines: readonly IndexLine[]; readonly length: number }> {
    if (!(await this.volume.exists(this.file("index")))) return { lines: [], length: 0 };
    return parseIndex(await readWhole(this.volume, this.file("index"), DESCRIPTION_BYTES_MAX));
  }

  /** Writes a line at `length`, over what a crash may have left there; answers the new length. */
  async appendIndex(length: number, line: IndexLine): Promise<number> {
    const bytes = encodeText(`${JSON.stringify(line)}\n`);
    await withFile(this.volume, this.file("index"), "write", async (file) => {
      if ((await file.size()) > length) await file.truncate(length);
      await file.write(bytes, length);
      await file.sync();
    });
    if (length === 0) await this.volume.syncFolder(this.folder);
    return length + bytes.length;
  }

  async readClose(): Promise<Close | undefined> {
    const text = await this.readText("close.json");
    return text === undefined ? undefined : parseClose(text);
  }

  async writeClose(close: Close): Promise<void> {
    const text = `${JSON.stringify(close, undefined, 2)}\n`;
    await writeWhole(this.volume, this.file("close.json"), encodeText(text));
  }

  /** Removes a folder in which nothing was ever recorded. What is none of ours stays. */
  async removeEmpty(): Promise<void> {
    const names = await this.volume.list(this.folder);
    const segments = path.join(this.folder, "segments");
    const isOurs = names.every((name) => ["segments", "manifest.json.tmp"].includes(name));
    if (!isOurs || (await this.volume.list(segments)).length > 0) return;
    if (names.includes("manifest.json.tmp")) {
      await this.volume.remove(this.file("manifest.json.tmp"));
    }
    if (names.includes("segments")) await this.volume.removeFolder(segments);
    await this.volume.removeFolder(this.folder);
  }

  private async readText(name: string): Promise<string | undefined> {
    if (!(await this.volume.exists(this.file(name)))) return undefined;
    const bytes = await readWhole(this.volume, this.file(name), DESCRIPTION_BYTES_MAX);
    return new TextDecoder().decode(bytes);
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }

  private segmentFile(number: number): string {
    return path.join(this.folder, "segments", `${number}.seg`);
  }
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
