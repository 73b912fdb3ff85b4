/** A recording as the search thread knows it: what is sealed of it, and how far its index is. */
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import type { Header } from "../../../protocols/tape/record.ts";
import type { Close, IndexLine } from "../descriptions.ts";
import { RecordingFolder } from "../recording-folder.ts";
import type { Volume } from "../volume.ts";
import { IndexFile } from "./index-file.ts";
import { RecordingIndex } from "./recording-index.ts";
import type { CatalogueEntry } from "./search-messages.ts";

export interface Place {
  readonly volume: Volume;
  readonly recordings: string;
  /** Of its index. */
  readonly file: string;
  readonly key: Uint8Array;
}

type Plain = (number: number, sha256: string) => Promise<Uint8Array>;

export class KnownRecording {
  readonly folder: RecordingFolder;
  readonly header: Header;
  readonly index: RecordingIndex;
  private lines: readonly IndexLine[] = [];
  private close: Close | undefined;
  private tombstone = false;
  private manifest: boolean;
  private readonly lineFile: string;
  private readonly closeFile: string;
  private indexBytes = 0;
  private wasRead = false;
  private tailMs = 0;
  private retryMs = Number.NEGATIVE_INFINITY;

  /** @param header of a recording of which nothing is sealed; undefined answer: nothing is known. */
  static async find(
    { volume, recordings, file, key }: Place,
    session: string,
    header?: Header,
  ): Promise<KnownRecording | undefined> {
    const folder = new RecordingFolder(volume, recordings, session);
    const manifest = await folder.readManifest();
    const known = manifest?.header ?? header;
    if (known === undefined || known.session !== session) return undefined;
    const index = new RecordingIndex(known, new IndexFile(file, session, key));
    const there = path.join(recordings, session);
    return new KnownRecording(folder, known, index, manifest !== undefined, there);
  }

  private constructor(
    folder: RecordingFolder,
    header: Header,
    index: RecordingIndex,
    manifest: boolean,
    there: string,
  ) {
    this.folder = folder;
    this.header = header;
    this.index = index;
    this.manifest = manifest;
    this.lineFile = path.join(there, "index");
    this.closeFile = path.join(there, "close.json");
  }

  get session(): string {
    return this.header.session;
  }

  get startedMs(): number {
    return this.header.startedMs;
  }

  /** Nothing about it will change but that it is deleted one day. */
  get isDone(): boolean {
    return this.close !== undefined && this.index.isComplete;
  }

  get isDeleted(): boolean {
    return this.tombstone;
  }

  /** Nothing of it is sealed: known from its tail. */
  get isOnlyInMemory(): boolean {
    return !this.manifest;
  }

  /** Reads what is on disk of it. True if something is new. */
  async refresh(): Promise<boolean> {
    const indexBytes = bytesOf(this.lineFile);
    const isClosing = this.close === undefined && existsSync(this.closeFile);
    if (this.wasRead && indexBytes === this.indexBytes && !isClosing) return false;
    this.wasRead = true;
    this.indexBytes = indexBytes;
    this.tombstone = (await this.folder.readTombstone()) !== undefined;
    // The close comes last: read first, it is not there without what it counts.
    const close = await this.folder.readClose();
    const { lines } = await this.folder.readIndex();
    const isNew =
      lines.length !== this.lines.length || (close === undefined) !== (this.close === undefined);
    this.manifest ||= lines.length > 0;
    this.lines = lines;
    this.close = close;
    if (close !== undefined && this.index.isComplete && this.index.segmentNext < close.segments) {
      this.index.clear();
    }
    return isNew || !this.manifest;
  }

  /** Whether there is something sealed that is not in the index. */
  isDue(nowMs: number): boolean {
    if (this.tombstone || this.index.isComplete || nowMs < this.retryMs) return false;
    if (this.close !== undefined) return true;
    return this.unread() !== undefined;
  }

  /** Indexes one segment, or completes the index. */
  async step(plain: Plain): Promise<void> {
    const line = this.unread();
    if (line !== undefined) await this.feed(line, plain);
    else if (this.close !== undefined) this.index.complete();
  }

  private async feed({ number, sha256, plainBytes }: IndexLine, plain: Plain): Promise<void> {
    await this.index.feed(number, await plain(number, sha256));
    if (this.index.fedOf(number) >= plainBytes) return;
    throw new Error(`segment ${number} is shorter than it was when it was sealed`);
  }

  /** Only what follows the index directly can be taken. */
  async takeTail(number: number, bytes: Uint8Array): Promise<void> {
    if (number > this.index.segmentFrom + 1 || this.isDone) return;
    await this.index.feed(number, bytes);
    this.tailMs = Math.max(this.tailMs, this.index.lastMs);
  }

  /** Not to be tried again before that time. */
  restUntil(retryMs: number): void {
    this.retryMs = retryMs;
  }

  /** Its index was damaged. */
  beginAgain(): void {
    this.index.clear();
  }

  entry(): CatalogueEntry {
    const { session, site, subject, asset, endpoint, grant, startedMs, visit } = this.header;
    const lastMs = this.lines.at(-1)?.lastMs ?? startedMs;
    return {
      header: {
        ...{ session, site, subject, asset, endpoint, grant, startedMs },
        ...(visit !== undefined && { visit }),
      },
      state: this.close?.state ?? "open",
      endedMs: this.close?.endedMs ?? Math.max(lastMs, this.tailMs),
      isComplete: this.isDone,
      fed: this.index.fed,
    };
  }

  /** The next segment that is sealed and was not fed to its end. */
  private unread(): IndexLine | undefined {
    const from = this.index.segmentFrom;
    return this.lines.find(
      (line) => line.number >= from && this.index.fedOf(line.number) < line.plainBytes,
    );
  }
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
