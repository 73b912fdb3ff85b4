/**
 * What has come of a file so far. It lies beside it as `FILE.part`, for its owner alone, also after
 * the command has ended: the same command goes on with it.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { Writable } from "node:stream";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { renameOver } from "./private-file.ts";

/** Windows knows neither modes nor links that anybody may lay. */
const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants;

/** Read at a time. */
const PIECE = 2 ** 20;

export class PartFile {
  readonly name: string;
  private readonly file: string;
  private readonly handle: number;

  private constructor(file: string, name: string, handle: number) {
    this.file = file;
    this.name = name;
    this.handle = handle;
  }

  /** @param file what it becomes @throws CommandFailed where something else is in its place */
  static open(file: string): PartFile {
    const name = `${file}.part`;
    let handle: number;
    try {
      handle = openSync(name, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ELOOP") throw notOurs(name);
      throw error;
    }
    const { nlink, uid } = fstatSync(handle);
    const isFile = fstatSync(handle).isFile();
    if (!isFile || nlink !== 1 || (process.getuid && uid !== process.getuid())) {
      closeSync(handle);
      throw notOurs(name);
    }
    if (process.platform !== "win32") fchmodSync(handle, 0o600);
    return new PartFile(file, name, handle);
  }

  get length(): number {
    return fstatSync(this.handle).size;
  }

  /** SHA-256 of its first bytes, in hex. */
  digestOf(length: number): string {
    const hash = createHash("sha256");
    const piece = Buffer.alloc(PIECE);
    for (let at = 0; at < length; ) {
      const read = readSync(this.handle, piece, 0, Math.min(PIECE, length - at), at);
      if (read === 0) throw new Error(`${this.name} was cut meanwhile`);
      hash.update(piece.subarray(0, read));
      at += read;
    }
    return hash.digest("hex");
  }

  /** Puts what comes behind its first bytes, in the place of what was there. */
  writeFrom(start: number): Writable {
    ftruncateSync(this.handle, start);
    let at = start;
    return new Writable({
      write: (bytes: Buffer, _, done) => {
        try {
          for (let from = 0; from < bytes.length; ) {
            const wrote = writeSync(this.handle, bytes, from, bytes.length - from, at);
            from += wrote;
            at += wrote;
          }
          done();
        } catch (error) {
          done(error as Error);
        }
      },
    });
  }

  clear(): void {
    ftruncateSync(this.handle, 0);
  }

  /** It is whole: it takes its name. */
  finish(): void {
    fsyncSync(this.handle);
    closeSync(this.handle);
    renameOver(this.name, this.file);
  }

  /** It is not whole: what came is kept, an empty one is not. */
  leave(): void {
    const { length } = this;
    closeSync(this.handle);
    if (length === 0) rmSync(this.name, { force: true });
  }
}

function notOurs(name: string): CommandFailed {
  const text = `${name} is there and is no file of yours alone: take it away, or name another one with --out`;
  return new CommandFailed(EXIT.failed, text);
}
