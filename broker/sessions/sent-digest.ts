/**
 * Running counts and SHA-256 of the bytes handed to the two legs of a channel. Hashing each small
 * frame would cost more than sending it, so frames are gathered first, for both legs in one
 * buffer: with thousands of channels each array that a message touches is a wait for memory.
 */
import { createHash, type Hash, hash } from "node:crypto";
import type { Side } from "../../protocols/guard.ts";

/** Gathered before they are hashed: small, so that the buffers of hundreds of channels stay cached. */
const GATHER_MAX = 1_152;
const GATHER_FIRST = 192;
/** Replies are longer than requests: of three parts two are for the client, in front. */
const PARTS = 3;

const NOTHING = new Uint8Array(0);

export interface SentSummary {
  readonly count: number;
  /** Hex. */
  readonly sha256: string;
}

export class SentDigest {
  private room: Uint8Array = NOTHING;
  /** Where the part of the asset begins. */
  private middle = 0;
  private clientHeld = 0;
  private assetHeld = 0;
  private clientHash: Hash | undefined;
  private assetHash: Hash | undefined;
  clientCount = 0;
  assetCount = 0;

  toClient(bytes: Uint8Array): void {
    const { length } = bytes;
    this.clientCount += length;
    if (this.clientHeld + length > this.middle && !this.makeRoom("client", length)) {
      this.started("client").update(bytes);
      return;
    }
    const { room, clientHeld } = this;
    for (let at = 0; at < length; at++) room[clientHeld + at] = bytes[at] ?? 0;
    this.clientHeld = clientHeld + length;
  }

  toAsset(bytes: Uint8Array): void {
    const { length } = bytes;
    this.assetCount += length;
    const end = this.middle + this.assetHeld + length;
    if (end > this.room.length && !this.makeRoom("asset", length)) {
      this.started("asset").update(bytes);
      return;
    }
    const { room } = this;
    const start = this.middle + this.assetHeld;
    for (let at = 0; at < length; at++) room[start + at] = bytes[at] ?? 0;
    this.assetHeld += length;
  }

  /** Of everything so far; more may follow. */
  summary(to: Side): SentSummary {
    const count = to === "client" ? this.clientCount : this.assetCount;
    const known = to === "client" ? this.clientHash : this.assetHash;
    // Of a short session nothing was hashed yet: at once is quicker, where a thousand are cut.
    if (known === undefined) return { count, sha256: hash("sha256", this.gathered(to), "hex") };
    this.hashGathered(to);
    return { count, sha256: known.copy().digest("hex") };
  }

  /** False for what never has room: whatever was gathered for that leg is hashed then. */
  private makeRoom(to: Side, length: number): boolean {
    const larger = Math.min(GATHER_MAX, Math.max(GATHER_FIRST, this.room.length * 4));
    if (larger > this.room.length) this.grow(larger);
    if (length <= this.freeOf(to)) return true;
    this.hashGathered(to);
    return length <= this.freeOf(to);
  }

  private freeOf(to: Side): number {
    return to === "client"
      ? this.middle - this.clientHeld
      : this.room.length - this.middle - this.assetHeld;
  }

  private grow(length: number): void {
    const larger = new Uint8Array(length);
    const middle = (length / PARTS) * (PARTS - 1);
    larger.set(this.gathered("client"));
    larger.set(this.gathered("asset"), middle);
    this.room = larger;
    this.middle = middle;
  }

  private gathered(to: Side): Uint8Array {
    const { room, middle, clientHeld, assetHeld } = this;
    return to === "client"
      ? room.subarray(0, clientHeld)
      : room.subarray(middle, middle + assetHeld);
  }

  private hashGathered(to: Side): void {
    const gathered = this.gathered(to);
    if (gathered.length > 0) this.started(to).update(gathered);
    if (to === "client") this.clientHeld = 0;
    else this.assetHeld = 0;
  }

  private started(to: Side): Hash {
    if (to === "client") {
      this.clientHash ??= createHash("sha256");
      return this.clientHash;
    }
    this.assetHash ??= createHash("sha256");
    return this.assetHash;
  }
}
