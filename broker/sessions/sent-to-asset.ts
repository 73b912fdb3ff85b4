/**
 * The digest of what an asset's leg was handed, less what it gave back: a change withdrawn from
 * the leg's queue never left, and a hash cannot forget. So from a change on, bytes wait here
 * until it is known what became of it; a guard has few requests under way at a time.
 */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import { Fifo } from "../legs/fifo.ts";
import { SentDigest, type SentSummary } from "./sent-digest.ts";

interface Handed {
  readonly bytes: Uint8Array;
  /** The change it carries out, while nothing is known of it; 0 where it left. */
  change: number;
}

export class SentToAsset {
  private readonly digest = new SentDigest();
  /** None until there was a change. */
  private waiting: Fifo<Handed> | undefined;

  get count(): number {
    return this.digest.count;
  }

  /** Whether a digest now would lack something that was sent. */
  get waits(): boolean {
    return this.waiting !== undefined && this.waiting.length > 0;
  }

  /** @param change the decision it carries out, if that can change the asset. */
  add(bytes: Uint8Array, change: number | undefined): void {
    if (change === undefined && !this.waits) {
      this.digest.add(bytes);
      return;
    }
    this.waiting ??= new Fifo();
    // A copy: a leg may put its own number into what it was handed.
    this.waiting.push({ bytes: copyBytes(bytes), change: change ?? 0 });
  }

  /** It was answered or lost: so it left. */
  left(change: number): void {
    if (!this.waits) return;
    this.waiting?.forEach((handed) => {
      if (handed.change === change) handed.change = 0;
    });
    this.drain();
  }

  /** It was given back. */
  withheld(change: number): void {
    if (!this.waits) return;
    this.waiting?.remove((handed) => handed.change === change);
    this.drain();
  }

  /** Nothing more will be heard: what was not given back may have left. */
  summary(): SentSummary {
    for (let next = this.waiting?.shift(); next; next = this.waiting?.shift()) {
      this.digest.add(next.bytes);
    }
    return this.digest.summary();
  }

  private drain(): void {
    for (let next = this.waiting?.peek(); next?.change === 0; next = this.waiting?.peek()) {
      this.waiting?.shift();
      this.digest.add(next.bytes);
    }
  }
}
