/**
 * The parts of a form with files (RFC 7578) while it arrives: its fields whole, of its files name,
 * size and digest. It reads as strictly as the reader of small forms.
 */
import { copyBytes } from "../copy-bytes.ts";
import { hexOf } from "../log/hex.ts";
import { Sha256 } from "../log/sha256.ts";
import { boundaryOf, type PartHead, partHead } from "./form.ts";
import { latin1, textOf } from "./head.ts";
import type { FilePart, Pair } from "./operation.ts";
import { PAIRS_MAX } from "./target.ts";

/** SHA-256 of what comes in parts. */
export interface ContentHash {
  add(bytes: Uint8Array): void;
  /** In hex; nothing is added afterwards. */
  digest(): string;
}

export function plainHash(): ContentHash {
  const hash = new Sha256();
  return { add: (bytes) => hash.add(bytes), digest: () => hexOf(hash.digest()) };
}

/** What stands above a part: a name, a file's name and a type. */
const PART_HEAD_MAX = 2_048;
/** One field beside a file; a text of a page. */
const FIELD_MAX = 65_536;

type Where = "delimiter" | "behind-delimiter" | "head" | "opening" | "content" | "end";

export class PartsReader {
  readonly form: Pair[] = [];
  readonly files: FilePart[] = [];
  private readonly delimiter: Uint8Array;
  private readonly newHash: () => ContentHash;
  private where: Where = "delimiter";
  /** Not yet understood: never more than a head, or a delimiter. */
  private rest: Uint8Array;
  private part: (PartHead & { size: number; hash: ContentHash; field: Uint8Array[] }) | undefined;

  private constructor(mark: string, newHash: () => ContentHash) {
    this.delimiter = latin1(`\r\n--${mark}`);
    this.newHash = newHash;
    // The first delimiter has no line in front of it.
    this.rest = latin1("\r\n");
  }

  /** @param type the whole field `Content-Type`; undefined where it names no boundary. */
  static of(type: string, newHash: () => ContentHash): PartsReader | undefined {
    const mark = boundaryOf(type);
    return mark === undefined ? undefined : new PartsReader(mark, newHash);
  }

  /** Answers what is wrong with it. */
  add(bytes: Uint8Array): string | undefined {
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    let at = 0;
    for (;;) {
      const step = this.step(all, at);
      if (typeof step === "string") return step;
      if (step === undefined) break;
      at = step;
    }
    this.rest = copyBytes(all, at, all.length);
    return undefined;
  }

  /** Nothing more comes. Answers what is wrong with the whole. */
  end(): string | undefined {
    const { where, rest } = this;
    const tail = rest.length === 0 || (rest.length === 2 && rest[0] === CR && rest[1] === LF);
    return where === "end" && tail ? undefined : "parts that do not end";
  }

  /** Where it goes on; undefined where it needs more; a text where it is malformed. */
  private step(all: Uint8Array, at: number): number | undefined | string {
    switch (this.where) {
      case "delimiter":
        return this.first(all, at);
      case "behind-delimiter":
        return this.behind(all, at);
      case "head":
        return this.head(all, at);
      case "opening":
        return this.opening(all, at);
      case "content":
        return this.content(all, at);
      case "end":
        return all.length - at > 2 ? "something behind the last part" : undefined;
    }
  }

  private first(all: Uint8Array, at: number) {
    if (all.length - at < this.delimiter.length) return undefined;
    if (find(all, this.delimiter, at) !== at) return "something before the first part";
    this.where = "behind-delimiter";
    return at + this.delimiter.length;
  }

  private behind(all: Uint8Array, at: number) {
    if (all.length - at < 2) return undefined;
    const [one, two] = [all[at], all[at + 1]];
    if (one === DASH && two === DASH) this.where = "end";
    else if (one === CR && two === LF) this.where = "head";
    else return "not a part";
    return at + 2;
  }

  private head(all: Uint8Array, at: number) {
    const end = find(all, HEAD_END, at);
    if (end === undefined)
      return all.length - at > PART_HEAD_MAX ? "a long part's head" : undefined;
    const head = partHead(String.fromCharCode(...all.subarray(at, Math.min(end, at + 4_096))));
    if (head === undefined || end - at > PART_HEAD_MAX) {
      return "a part with other fields than a name and a type";
    }
    if (this.form.length + this.files.length >= PAIRS_MAX) return `more than ${PAIRS_MAX} parts`;
    this.part = { ...head, size: 0, hash: this.newHash(), field: [] };
    this.where = "opening";
    // Its last line end may be read as that of a delimiter.
    return end + 2;
  }

  private opening(all: Uint8Array, at: number) {
    if (all.length - at < this.delimiter.length) return undefined;
    if (find(all, this.delimiter, at) === at) return "a part that begins as it ends";
    this.where = "content";
    return at + 2;
  }

  private content(all: Uint8Array, at: number) {
    const end = find(all, this.delimiter, at);
    // What may be the beginning of a delimiter is looked at again with what follows.
    const until = end ?? Math.max(at, all.length - this.delimiter.length + 1);
    const reason = this.collect(all, at, until);
    if (reason !== undefined) return reason;
    if (end === undefined) return until > at ? until : undefined;
    this.finish();
    this.where = "behind-delimiter";
    return end + this.delimiter.length;
  }

  private collect(all: Uint8Array, from: number, to: number): string | undefined {
    const { part } = this;
    if (part === undefined || to === from) return undefined;
    part.size += to - from;
    if (part.fileName !== undefined) part.hash.add(all.subarray(from, to));
    else if (part.size > FIELD_MAX) return `a field of more than ${FIELD_MAX} bytes`;
    else part.field.push(copyBytes(all, from, to));
    return undefined;
  }

  private finish(): void {
    const { part } = this;
    if (part === undefined) return;
    const { name, fileName, size, hash, field } = part;
    this.part = undefined;
    if (fileName !== undefined) {
      this.files.push({ field: name, name: fileName, size, digest: hash.digest() });
    } else {
      const bytes = Uint8Array.from(field.flatMap((each) => [...each]));
      this.form.push([name, textOf(bytes) ?? String.fromCharCode(...bytes)]);
    }
  }
}

const CR = 13;
const LF = 10;
const DASH = 45;
const HEAD_END = latin1("\r\n\r\n");

function find(all: Uint8Array, wanted: Uint8Array, from: number): number | undefined {
  const first = wanted[0] ?? 0;
  for (let at = all.indexOf(first, from); at >= 0; at = all.indexOf(first, at + 1)) {
    if (at + wanted.length > all.length) return undefined;
    let same = 1;
    while (same < wanted.length && all[at + same] === wanted[same]) same += 1;
    if (same === wanted.length) return at;
  }
  return undefined;
}
