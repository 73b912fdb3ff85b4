/**
 * One recording on disk:
 *
 *     <recordings>/<session id>/manifest.json      the header; written when the first record is
 *                               segments/<n>.seg   sealed; never changed once in place
 *                               segments/<n>.frame derived: values when segment n began, sealed
 *                               index              a JSON line a segment, after it is in place
 *                               progress           a line for each time the site log fixed it
 *                               close.json         last; a recording without it is not closed
 *                               hold.json          while somebody keeps it from being deleted
 *                               tombstone.json     deleted by policy: no index and segments then
 *
 * Each step is durable before the next begins, so a crash leaves a recording that lacks its last
 * steps and nothing else; sealing a segment again gives another file of the same content, which
 * takes its place before the index names it.
 */
import path from "node:path";
import {
  type Close,
  type Hold,
  type IndexLine,
  type Manifest,
  manifestText,
  parseClose,
  parseHold,
  parseIndex,
  parseManifest,
  parseTombstone,
  type Tombstone,
  tombstoneText,
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

  /** What the registers held when the segment began; see `key-frame.ts`. */
  async writeFrame(number: number, sealed: Uint8Array): Promise<void> {
    await writeWhole(this.volume, this.frameFile(number), sealed);
  }

  async readFrame(number: number): Promise<Uint8Array | undefined> {
    if (!(await this.volume.exists(this.frameFile(number)))) return undefined;
    return readWhole(this.volume, this.frameFile(number), SEGMENT_PLAIN_MAX);
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

  /** The whole lines that there are, in bytes; a crash may have left half of one behind them. */
  async progressLength(): Promise<number> {
    if (!(await this.volume.exists(this.file("progress")))) return 0;
    const bytes = await readWhole(this.volume, this.file("progress"), DESCRIPTION_BYTES_MAX);
    return bytes.lastIndexOf(0x0a) + 1;
  }

  /** Writes lines at `length`, not durable yet; answers the new length. */
  async appendProgress(length: number, lines: string): Promise<number> {
    const bytes = encodeText(lines);
    await withFile(this.volume, this.file("progress"), "write", (file) =>
      file.write(bytes, length),
    );
    return length + bytes.length;
  }

  /** Makes the lines durable, and takes away what stands behind them. */
  async settleProgress(length: number): Promise<void> {
    if (!(await this.volume.exists(this.file("progress")))) return;
    await withFile(this.volume, this.file("progress"), "write", async (file) => {
      if ((await file.size()) > length) await file.truncate(length);
      await file.sync();
    });
    await this.volume.syncFolder(this.folder);
  }

  async readClose(): Promise<Close | undefined> {
    const text = await this.readText("close.json");
    return text === undefined ? undefined : parseClose(text);
  }

  async writeClose(close: Close): Promise<void> {
    const text = `${JSON.stringify(close, undefined, 2)}\n`;
    await writeWhole(this.volume, this.file("close.json"), encodeText(text));
  }

  /** Undefined also for a hold that cannot be read: see `isHeld`. */
  async readHold(): Promise<Hold | undefined> {
    const text = await this.readText("hold.json");
    return text === undefined ? undefined : parseHold(text);
  }

  /** Whatever stands in it, the file keeps the recording. */
  isHeld(): Promise<boolean> {
    return this.volume.exists(this.file("hold.json"));
  }

  async writeHold(hold: Hold): Promise<void> {
    const text = `${JSON.stringify(hold, undefined, 2)}\n`;
    await writeWhole(this.volume, this.file("hold.json"), encodeText(text));
  }

  async removeHold(): Promise<void> {
    await this.volume.remove(this.file("hold.json"));
    await this.volume.syncFolder(this.folder);
  }

  async readTombstone(): Promise<Tombstone | undefined> {
    const text = await this.readText("tombstone.json");
    return text === undefined ? undefined : parseTombstone(text);
  }

  async writeTombstone(tombstone: Tombstone): Promise<void> {
    const text = tombstoneText(tombstone);
    await writeWhole(this.volume, this.file("tombstone.json"), encodeText(text));
  }

  async hasContent(): Promise<boolean> {
    return (await this.volume.list(this.folder)).some((name) =>
      ["segments", "index", "progress"].includes(name),
    );
  }

  /** Only with a tombstone in place. The index goes last: it names what is still there. */
  async removeContent(): Promise<void> {
    const segments = path.join(this.folder, "segments");
    for (const name of await this.volume.list(segments)) {
      await this.volume.remove(path.join(segments, name));
    }
    if (await this.volume.exists(segments)) await this.volume.removeFolder(segments);
    await this.volume.remove(this.file("progress"));
    await this.volume.remove(this.file("index"));
    await this.volume.syncFolder(this.folder);
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

  private frameFile(number: number): string {
    return path.join(this.folder, "segments", `${number}.frame`);
  }

  private segmentFile(number: number): string {
    return path.join(this.folder, "segments", `${number}.seg`);
  }
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
