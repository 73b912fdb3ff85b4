/**
 * A bundle in one zip file, which anybody may have made. Everything that its directory says is
 * looked at before anything is unpacked, and nothing is unpacked to disk: names that a bundle
 * does not have (paths that lead out of it among them), names that differ only in their case,
 * links, encrypted files, files that claim more than they hold or share their bytes, and bytes
 * that belong to no file are refused.
 */
import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";
import type { Readable } from "node:stream";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import {
  BundleUnreadable,
  bytesMaxOf,
  isBundleFolder,
  isBundleName,
  isSegment,
  NAMES_MAX,
  type OpenBundle,
} from "./bundle-names.ts";

/** What a directory entry takes at least; a directory cannot have more than fit. */
const ENTRY_BYTES_MIN = 46;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x41;
/** Sizes behind the data, where a writer did not know them before: 12 to 24 bytes. */
const DESCRIPTOR_BYTES_MAX = 24;
/** A year of a busy site's entries; more is not text of ours. */
const TEXT_BYTES_MAX = 4 * 1024 ** 3;
/** Segments are encrypted: what unpacks to more than it is was never one. */
const SEGMENT_GROWS_MAX = 4096;
/** The end of the directory, and what stands before it where sizes need 64 bits. */
const END_BYTES = 22;
const END_64_BYTES = 76;
const FILE_KIND = 0o170000;
const PLAIN_FILE = 0o100000;
const FOLDER_KIND = 0o040000;

/** @throws BundleUnreadable */
export async function openZip(file: string): Promise<OpenBundle> {
  let zip: ZipFile;
  try {
    zip = await openPromise(file, { lazyEntries: true, autoClose: false, strictFileNames: true });
  } catch (error) {
    throw new BundleUnreadable(`it is not a zip file that can be read: ${reasonOf(error)}`);
  }
  try {
    const entries = await directoryOf(zip, lstatSync(file).size);
    return new ZipPlace(zip, entries);
  } catch (error) {
    zip.close();
    throw error instanceof BundleUnreadable ? error : new BundleUnreadable(reasonOf(error));
  }
}

class ZipPlace implements OpenBundle {
  readonly names: readonly string[];
  private readonly zip: ZipFile;
  private readonly entries: ReadonlyMap<string, Entry>;

  constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.zip = zip;
    this.entries = entries;
    this.names = [...entries.keys()];
  }

  async read(name: string): Promise<Uint8Array> {
    const size = this.entries.get(name)?.uncompressedSize ?? 0;
    const bytes = new Uint8Array(size);
    let at = 0;
    await this.pour(name, (piece) => {
      bytes.set(piece, at);
      at += piece.length;
    });
    return bytes.subarray(0, at);
  }

  async digest(name: string): Promise<string> {
    const hash = createHash("sha256");
    await this.pour(name, (piece) => hash.update(piece));
    return hash.digest("hex");
  }

  async close(): Promise<void> {
    this.zip.close();
  }

  /** Sizes are as the directory says, or this fails: yauzl counts along. */
  private async pour(name: string, take: (piece: Uint8Array) => void): Promise<void> {
    const entry = this.entries.get(name);
    if (!entry) throw new BundleUnreadable(`${name} is missing`);
    try {
      const stream: Readable = await this.zip.openReadStreamPromise(entry);
      for await (const piece of stream as AsyncIterable<Buffer>) take(piece);
    } catch (error) {
      throw new BundleUnreadable(`${name} cannot be unpacked: ${reasonOf(error)}`);
    }
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** The directory says the same as what stands before the bytes, which some programs go by. */
  readonly isAlike: boolean;
}

async function directoryOf(zip: ZipFile, fileSize: number): Promise<ReadonlyMap<string, Entry>> {
  const { entryCount } = zip;
  if (entryCount > NAMES_MAX || entryCount * ENTRY_BYTES_MIN > fileSize) {
    throw new BundleUnreadable("it claims more files than a bundle has");
  }
  if (zip.comment.length > 0) throw new BundleUnreadable("there are bytes behind its end");
  // Where it stands before the first entry is read: where the directory begins.
  const directoryStart = Number(zip.readEntryCursor);
  const entries = new Map<string, Entry>();
  const spans: Span[] = [];
  const lower = new Set<string>();
  let textBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    spans.push(await spanOf(zip, entry));
    if (isFolder(entry)) continue;
    mustBePlain(entry);
    if (lower.has(name.toLowerCase())) throw new BundleUnreadable(`${name} is in it twice`);
    lower.add(name.toLowerCase());
    entries.set(name, entry);
    if (!isSegment(name)) textBytes += entry.uncompressedSize;
    if (textBytes > TEXT_BYTES_MAX) throw new BundleUnreadable("it unpacks to too much");
  }
  mustNotOverlap(spans, directoryStart);
  const odd = spans.find(({ isAlike }) => !isAlike);
  if (odd) throw new BundleUnreadable(`${JSON.stringify(odd.name)} stands in it under two names`);
  const tail = fileSize - Number(zip.readEntryCursor);
  if (tail !== END_BYTES && tail !== END_BYTES + END_64_BYTES) {
    throw new BundleUnreadable("there are bytes in it that belong to no file");
  }
  return entries;
}

/** Other programs that zip a folder put its folders in. */
function isFolder({ fileName, uncompressedSize }: Entry): boolean {
  if (!fileName.endsWith("/")) return false;
  if (isBundleFolder(fileName.slice(0, -1)) && uncompressedSize === 0) return true;
  throw new BundleUnreadable(`${JSON.stringify(fileName)} does not belong into a bundle`);
}

function mustBePlain(entry: Entry): void {
  const { fileName, compressedSize, uncompressedSize, compressionMethod } = entry;
  if (!isBundleName(fileName)) {
    throw new BundleUnreadable(`${JSON.stringify(fileName)} does not belong into a bundle`);
  }
  const kind = (entry.externalFileAttributes >>> 16) & FILE_KIND;
  if (kind !== 0 && kind !== PLAIN_FILE) {
    throw new BundleUnreadable(
      `${fileName} is not a plain file${kind === FOLDER_KIND ? "" : ": it leads elsewhere"}`,
    );
  }
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) {
    throw new BundleUnreadable(`${fileName} is encrypted by the zip`);
  }
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw new BundleUnreadable(`${fileName} is packed in a way that is not read here`);
  }
  if (uncompressedSize > bytesMaxOf(fileName))
    throw new BundleUnreadable(`${fileName} is too large`);
  if (isSegment(fileName) && uncompressedSize > compressedSize + SEGMENT_GROWS_MAX) {
    throw new BundleUnreadable(`${fileName} unpacks to more than a segment can`);
  }
}

async function spanOf(zip: ZipFile, entry: Entry): Promise<Span> {
  const header = await zip.readLocalFileHeaderPromise(entry);
  const { fileDataStart, fileName, compressionMethod } = header;
  const name = Buffer.from(entry.fileName);
  const isAlike =
    fileName.equals(name) &&
    entry.fileNameRaw.equals(name) &&
    compressionMethod === entry.compressionMethod;
  const start = entry.relativeOffsetOfLocalHeader;
  return { start, end: fileDataStart + entry.compressedSize, name: entry.fileName, isAlike };
}

/** Files lie one behind the other from the first byte on; behind them is the directory. */
function mustNotOverlap(
  spans: readonly Pick<Span, "start" | "end">[],
  directoryStart: number,
): void {
  let end = 0;
  const directory = { start: directoryStart, end: directoryStart };
  for (const span of [...spans.toSorted((a, b) => a.start - b.start), directory]) {
    if (span.start < end) throw new BundleUnreadable("files in it share their bytes");
    if (span.start - end > DESCRIPTOR_BYTES_MAX) {
      throw new BundleUnreadable("there are bytes in it that belong to no file");
    }
    end = span.end;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
