/**
 * The index of one recording on disk, `<session>.idx`: frames, each written at once behind the
 * ones before it.
 *
 *     file  = "SPX" version(1) frame *
 *     frame = lengths(4 * 3) summary rows unsettled
 *     part  = nonce(12) AES-256-GCM(zstd(plain)) tag(16)
 *
 * A part is bound to its recording, its frame and its place there: none can be moved. Of the
 * unsettled rows only those of the last frame count. Nothing is synced, since all of it can be
 * made again: a crash leaves a last frame that is torn and does not open, and it and what would
 * follow it does not count. So an index is only ever behind, never wrong.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type Block, decodeBlock, encodeBlock } from "./block.ts";
import { parseSummary, type Summary, summaryText } from "./summary.ts";

/** Raised when rows mean something else: older indexes are then made again. */
const VERSION = 1;
const MAGIC = Buffer.from([0x53, 0x50, 0x58, VERSION]);
const LENGTHS = 12;
const NONCE = 12;
const TAG = 16;
/** A part, plain: rows of a few segments. A damaged file must not ask for more memory. */
const PART_MAX = 256 * 1024 * 1024;
/** Fast, and most of what higher levels save. */
const LEVEL = 3;

/** Where a frame's rows are, and what a search must know to leave them there. */
export interface FramePlace {
  readonly number: number;
  readonly rowsAt: number;
  readonly rowsLength: number;
  readonly unsettledLength: number;
  readonly summary: Summary;
}

/** Throws what the disk says; what is damaged is never an error but the end of the index. */
export class IndexFile {
  private readonly file: string;
  private readonly session: string;
  private readonly key: Uint8Array;

  constructor(file: string, session: string, key: Uint8Array) {
    this.file = file;
    this.session = session;
    this.key = key;
  }

  /** The frames that are whole. `length` is where they end. */
  load(): { readonly frames: readonly FramePlace[]; readonly length: number } {
    const frames: FramePlace[] = [];
    const opened = this.open("r");
    if (opened === undefined) return { frames, length: 0 };
    try {
      const size = fstatSync(opened).size;
      if (!MAGIC.equals(readAt(opened, 0, MAGIC.length))) return { frames, length: 0 };
      let at = MAGIC.length;
      for (;;) {
        const frame = this.frameAt(opened, frames.length, at, size);
        if (frame === undefined) return { frames, length: at };
        frames.push(frame);
        at = frame.rowsAt + frame.rowsLength + frame.unsettledLength;
      }
    } finally {
      closeSync(opened);
    }
  }

  /** Throws if they are not as they were written. */
  rows(frame: FramePlace): Block {
    return decodeBlock(this.part(frame, "rows", frame.rowsAt, frame.rowsLength));
  }

  unsettled(frame: FramePlace): Block {
    const at = frame.rowsAt + frame.rowsLength;
    return decodeBlock(this.part(frame, "unsettled", at, frame.unsettledLength));
  }

  /** Puts a frame behind the others, over whatever a crash left there. Answers its place. */
  append(
    number: number,
    length: number,
    { summary, rows, unsettled }: { summary: Summary; rows: Block; unsettled: Block },
  ): FramePlace {
    const parts = [
      this.seal(Buffer.from(summaryText(summary)), number, "summary"),
      this.seal(encodeBlock(rows), number, "rows"),
      this.seal(encodeBlock(unsettled), number, "unsettled"),
    ] as const;
    const lengths = Buffer.alloc(LENGTHS);
    parts.forEach((part, place) => {
      lengths.writeUInt32LE(part.length, 4 * place);
    });
    const start = Math.max(length, MAGIC.length);
    const opened = openSync(this.file, "a+", 0o600);
    try {
      ftruncateSync(opened, length === 0 ? 0 : length);
      if (length === 0) writeSync(opened, MAGIC);
      writeAll(opened, Buffer.concat([lengths, ...parts]));
    } finally {
      closeSync(opened);
    }
    const rowsAt = start + LENGTHS + parts[0].length;
    const [, { length: rowsLength }, { length: unsettledLength }] = parts;
    return { number, rowsAt, rowsLength, unsettledLength, summary };
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  private frameAt(
    opened: number,
    number: number,
    at: number,
    size: number,
  ): FramePlace | undefined {
    if (at + LENGTHS > size) return undefined;
    const lengths = readAt(opened, at, LENGTHS);
    const [head, rows, unsettled] = [0, 4, 8].map((place) => lengths.readUInt32LE(place));
    if (head === undefined || rows === undefined || unsettled === undefined) return undefined;
    const rowsAt = at + LENGTHS + head;
    if (rowsAt + rows + unsettled > size || head > PART_MAX) return undefined;
    try {
      const sealed = readAt(opened, at + LENGTHS, head);
      const summary = parseSummary(this.unseal(sealed, number, "summary").toString("utf8"));
      if (summary === undefined) return undefined;
      return { number, rowsAt, rowsLength: rows, unsettledLength: unsettled, summary };
    } catch {
      return undefined;
    }
  }

  private part({ number }: FramePlace, part: Part, at: number, length: number): Uint8Array {
    const opened = openSync(this.file, "r");
    try {
      return this.unseal(readAt(opened, at, length), number, part);
    } finally {
      closeSync(opened);
    }
  }

  private seal(plain: Uint8Array, frame: number, part: Part): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    cipher.setAAD(this.bound(frame, part));
    const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
    const sealed = cipher.update(zstdCompressSync(plain, { params }));
    return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
  }

  private unseal(sealed: Buffer, frame: number, part: Part): Buffer {
    if (sealed.length < NONCE + TAG) throw new Error("cut short");
    const decipher = createDecipheriv("aes-256-gcm", this.key, sealed.subarray(0, NONCE));
    decipher.setAAD(this.bound(frame, part));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    const body = decipher.update(sealed.subarray(NONCE, sealed.length - TAG));
    decipher.final();
    return zstdDecompressSync(body, { maxOutputLength: PART_MAX });
  }

  private bound(frame: number, part: Part): Buffer {
    return Buffer.from(`sallyport search ${VERSION} ${this.session} ${frame} ${part}`);
  }

  private open(flags: "r"): number | undefined {
    try {
      return openSync(this.file, flags);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }
}

type Part = "summary" | "rows" | "unsettled";

function readAt(opened: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const got = readSync(opened, bytes, done, length - done, at + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

function writeAll(opened: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(opened, bytes, done);
}
