/**
 * Running count and SHA-256 of the bytes handed to one leg. Hashing each small frame would cost
 * more than sending it, so frames are gathered first.
 */
import { createHash, type Hash, hash } from "node:crypto";
import { putBytes } from "../../protocols/tape/byte-writer.ts";

/** Gathered before they are hashed: small, so that the buffers of hundreds of channels stay cached. */
const GATHER_MAX = 1_024;
const GATHER_FIRST = 256;

const NOTHING = new Uint8Array(0);

export interface SentSummary {
  readonly count: number;
  /** Hex. */
  readonly sha256: string;
}

export class SentDigest {
  private hash: Hash | undefined;
  private gathered: Uint8Array | undefined;
  private held = 0;
  count = 0;

  add(bytes: Uint8Array): void {
    this.count += bytes.length;
    if (this.held + bytes.length > GATHER_MAX) this.hashGathered();
    if (bytes.length > GATHER_MAX) this.started().update(bytes);
    else this.gather(bytes);
  }

  /** Of everything so far; more may follow. */
  summary(): SentSummary {
    // Of a short session nothing was hashed yet: at once is quicker, where a thousand are cut.
    if (this.hash === undefined) {
      const all = this.gathered?.subarray(0, this.held) ?? NOTHING;
      return { count: this.count, sha256: hash("sha256", all, "hex") };
    }
    this.hashGathered();
    return { count: this.count, sha256: this.started().copy().digest("hex") };
  }

  private gather(bytes: Uint8Array): void {
    let room = this.gathered;
    const needed = this.held + bytes.length;
    if (!room || needed > room.length) {
      const length = Math.max(GATHER_FIRST, needed, Math.min(GATHER_MAX, this.held * 4));
      const larger = new Uint8Array(length);
      if (room) larger.set(room.subarray(0, this.held));
      room = this.gathered = larger;
    }
    this.held = putBytes(room, this.held, bytes);
  }

  private hashGathered(): void {
    if (this.gathered && this.held > 0) {
      this.started().update(this.gathered.subarray(0, this.held));
    }
    this.held = 0;
  }

  private started(): Hash {
    this.hash ??= createHash("sha256");
    return this.hash;
  }
}
