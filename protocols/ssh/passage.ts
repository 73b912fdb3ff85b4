/**
 * What of one file passes one way: how much, and the SHA-256 of it where it came from one end to
 * the other. Tools move a file so; what is read here and there has no digest, and that is told.
 *
 *     offset 0, 32768, 65536, … end       whole, with its digest
 *     offset 65536, 98304, …              one run of it (a resumed transfer), with its digest
 *     offset 65536, 0, 0, 32768           pieces
 */
import { copyBytes } from "../copy-bytes.ts";
import type { ContentHash } from "../http/parts.ts";
import type { PassedOperation } from "./operation.ts";

/**
 * Of a channel: replies that came before what they follow. An asset that answers less than it was
 * asked for makes some; OpenSSH's client has 64 of 32 KiB under way.
 */
const EARLY_MAX = 4_194_304;

/** What is kept early on one channel. */
export class EarlyRoom {
  left = EARLY_MAX;
}

export type Told = Pick<PassedOperation, "extent" | "size" | "offset" | "digest">;

export class Passage {
  private readonly hash: ContentHash;
  private readonly room: EarlyRoom;
  private readonly early = new Map<number, Uint8Array>();
  /** Of the first byte; undefined before it. */
  private begin: number | undefined;
  private next = 0;
  /** All bytes, also those of pieces. */
  private count = 0;
  /** Where the file was said to end. */
  private end = Number.POSITIVE_INFINITY;
  private inPieces = false;

  constructor(hash: ContentHash, room: EarlyRoom) {
    this.hash = hash;
    this.room = room;
  }

  add(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.count += bytes.length;
    if (this.inPieces) return;
    if (this.begin === undefined) this.begin = this.next = offset;
    if (offset === this.next) this.follow(bytes);
    else if (offset > this.next && !this.early.has(offset)) this.keep(offset, bytes);
    else this.break();
  }

  /** There is nothing at this offset, nor behind it. */
  endsBy(offset: number): void {
    this.end = Math.min(this.end, offset);
  }

  /** The writer gave the file its size: what was there behind it is gone. */
  cutAt(size: number): void {
    if (this.count === 0) this.end = size;
    else if (size === this.next && this.early.size === 0) this.end = size;
    else this.break();
  }

  /** Some of it did not arrive. */
  break(): void {
    this.inPieces = true;
    this.forget();
  }

  /** As it is closed. Undefined where nothing passed and it is not known to be empty. */
  told(): Told | undefined {
    const offset = this.begin ?? 0;
    const isWhole = offset === 0 && this.end <= this.next;
    if (this.early.size > 0) this.break();
    if (this.count === 0 && !isWhole) return undefined;
    const size = this.count;
    if (this.inPieces) return { extent: "pieces", size };
    const digest = this.hash.digest();
    if (isWhole) return { extent: "whole", size, digest };
    return { extent: "part", size, ...(offset > 0 && { offset }), digest };
  }

  /** Nothing more is asked of it. */
  forget(): void {
    for (const bytes of this.early.values()) this.room.left += bytes.length;
    this.early.clear();
  }

  private follow(bytes: Uint8Array): void {
    this.hash.add(bytes);
    this.next += bytes.length;
    for (let more = this.early.get(this.next); more; more = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.room.left += more.length;
      this.hash.add(more);
      this.next += more.length;
    }
  }

  private keep(offset: number, bytes: Uint8Array) {
    if (bytes.length > this.room.left) return this.break();
    this.room.left -= bytes.length;
    this.early.set(offset, copyBytes(bytes, 0, bytes.length));
  }
}
