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

/** A zip as it is made: no faster than it is read, and kept nowhere. */
export class ZipStream implements BundleSink {
  private readonly zip = new ZipFile();
  /** Resolves once all of it was read, or with why nobody reads on. */
  private readonly over: Promise<unknown>;

  constructor() {
    this.zip.on("error", (error: unknown) => this.output.destroy(asError(error)));
    this.over = finished(this.output).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  get output(): Readable {
    return this.zip.outputStream as Readable;
  }

  /** Segments are encrypted: nothing makes them smaller. */
  async add(name: string, content: Uint8Array | { readonly file: string }): Promise<string> {
    const compress = !isSegment(name);
    const options = { mtime: MTIME, mode: 0o100600, compress, forceDosTimestamp: true };
    const hash = createHash("sha256");
    let from: Readable | undefined;
    const passed = new Promise<void>((resolve, reject) => {
      this.zip.addReadStreamLazy(name, options as Partial<ReadStreamOptions>, (take) => {
        from = streamOf(content);
        const through = hashing(hash);
        from.on("error", (error) => through.destroy(error));
        through.on("error", reject);
        through.on("end", resolve);
        take(null, from.pipe(through));
      });
    });
    // Whoever reads it no more ends it: then nobody reads the rest of the file.
    const broken = this.over.then((failure) => {
      throw failure ?? new Error("the zip ended before its files");
    });
    try {
      await Promise.race([passed, broken]);
    } catch (error) {
      from?.destroy();
      throw error;
    }
    return hash.digest("hex");
  }

  async finish(): Promise<void> {
    this.zip.end();
    const failure = await this.over;
    if (failure !== undefined) throw failure;
  }

  async abandon(): Promise<void> {
    this.output.destroy();
  }
}

class ZipSink implements BundleSink {
  private readonly out: string;
  private readonly part: string;
  private readonly zip = new ZipStream();
  private readonly written: Promise<void>;

  constructor(out: string) {
    this.out = out;
    this.part = partOf(out);
    this.written = pipeline(this.zip.output, createWriteStream(this.part, { mode: 0o600 }));
    this.written.catch(() => {});
  }

  /** A disk that fails is told as such. */
  async add(name: string, content: Uint8Array | { readonly file: string }): Promise<string> {
    return this.zip.add(name, content).catch(async (error: unknown) => {
      if (this.zip.output.destroyed) await this.written;
      throw error;
    });
  }

  async finish(): Promise<void> {
    await Promise.all([this.written, this.zip.finish()]);
    if (existsSync(this.out)) throw new Error(`${this.out} is there meanwhile`);
    renameSync(this.part, this.out);
  }

  async abandon(): Promise<void> {
    await this.zip.abandon();
    await this.written.catch(() => {});
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
