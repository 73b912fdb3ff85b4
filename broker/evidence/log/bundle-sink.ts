/**
 * Where a bundle is written to: a new folder, or a new zip file in which the same files always
 * give the same bytes. One file after the other, none of them whole in memory; it takes its name
 * only when all of it is there.
 */
import { createHash, type Hash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Readable, Transform } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { type ReadStreamOptions, ZipFile } from "yazl";
import { isSegment } from "./bundle-names.ts";

export interface BundleSink {
  /** Answers the SHA-256 of what was written, in hex. Names come in any order, each once. */
  add(name: string, content: Uint8Array | { readonly file: string }): Promise<string>;
  /** Puts the bundle in place. */
  finish(): Promise<void>;
  /** Takes away what was written so far. */
  abandon(): Promise<void>;
}

/** @param out ends with `.zip`, or names a folder; nothing of that name is there */
export function openSink(out: string): BundleSink {
  return out.endsWith(".zip") ? new ZipSink(out) : new FolderSink(out);
}

/** While it is written. */
function partOf(out: string): string {
  const part = `${out}.part`;
  rmSync(part, { recursive: true, force: true });
  return part;
}

class FolderSink implements BundleSink {
  private readonly out: string;
  private readonly part: string;

  constructor(out: string) {
    this.out = out;
    this.part = partOf(out);
    mkdirSync(this.part, { recursive: true, mode: 0o700 });
  }

  async add(name: string, content: Uint8Array | { readonly file: string }): Promise<string> {
    const file = path.join(this.part, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const hash = createHash("sha256");
    if (content instanceof Uint8Array) {
      writeFileSync(file, content, { mode: 0o600 });
      return hash.update(content).digest("hex");
    }
    await pipeline(
      createReadStream(content.file),
      hashing(hash),
      createWriteStream(file, { mode: 0o600 }),
    );
    return hash.digest("hex");
  }

  async finish(): Promise<void> {
    if (existsSync(this.out)) throw new Error(`${this.out} is there meanwhile`);
    renameSync(this.part, this.out);
  }

  async abandon(): Promise<void> {
    rmSync(this.part, { recursive: true, force: true });
  }
}

/** So that the same evidence is the same file, whenever it is exported: the first day of a zip's time. */
const MTIME = new Date(Date.UTC(1980, 0, 1));

class ZipSink implements BundleSink {
  private readonly out: string;
  private readonly part: string;
  private readonly zip = new ZipFile();
  private readonly written: Promise<void>;
  private failure: unknown;

  constructor(out: string) {
    this.out = out;
    this.part = partOf(out);
    const stream = createWriteStream(this.part, { mode: 0o600 });
    this.zip.on("error", (error: unknown) => stream.destroy(asError(error)));
    this.written = finished(this.zip.outputStream.pipe(stream)).catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** Segments are encrypted: nothing makes them smaller. */
  async add(name: string, content: Uint8Array | { readonly file: string }): Promise<string> {
    const compress = !isSegment(name);
    const options = { mtime: MTIME, mode: 0o100600, compress, forceDosTimestamp: true };
    const hash = createHash("sha256");
    const passed = new Promise<void>((resolve, reject) => {
      this.zip.addReadStreamLazy(name, options as Partial<ReadStreamOptions>, (take) => {
        const from = streamOf(content);
        const through = hashing(hash);
        from.on("error", (error) => through.destroy(error));
        through.on("error", reject);
        through.on("end", resolve);
        take(null, from.pipe(through));
      });
    });
    // A disk that fails ends the output: then nobody reads the rest of the file.
    const broken = this.written.then(() => {
      throw this.failure ?? new Error("the zip ended before its files");
    });
    await Promise.race([passed, broken]);
    return hash.digest("hex");
  }

  async finish(): Promise<void> {
    this.zip.end();
    await this.written;
    if (this.failure !== undefined) throw this.failure;
    if (existsSync(this.out)) throw new Error(`${this.out} is there meanwhile`);
    renameSync(this.part, this.out);
  }

  async abandon(): Promise<void> {
    rmSync(this.part, { force: true });
  }
}

function streamOf(content: Uint8Array | { readonly file: string }): Readable {
  if (!(content instanceof Uint8Array)) return createReadStream(content.file);
  return Readable.from([Buffer.from(content)]);
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
