/**
 * What both legs of a channel were handed, as counts and hashes that go on its tape.
 *
 * Of the asset's, less what its leg gave back: a change withdrawn from the leg's queue never left,
 * and a hash cannot forget. So from a change on, bytes wait here until it is known what became of
 * it; a guard has few requests under way at a time.
 */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import { Fifo } from "../legs/fifo.ts";
import { SentDigest } from "./sent-digest.ts";

/** A `sent` record at least this often, so that a re-run can tell where it began to differ. */
const SENT_RECORD_BYTES = 262_144;

interface Handed {
  readonly bytes: Uint8Array;
  /** The change it carries out, while nothing is known of it; 0 where it left. */
  change: number;
}

export class SentToLegs {
  private readonly digest = new SentDigest();
  private readonly tape: Pick<TapeWriter, "append">;
  private readonly channel: number;
  private recorded = 0;
  /** None until there was a change. */
  private waiting: Fifo<Handed> | undefined;

  constructor(tape: Pick<TapeWriter, "append">, channel: number) {
    this.tape = tape;
    this.channel = channel;
  }

  toClient(bytes: Uint8Array): void {
    this.digest.toClient(bytes);
  }

  /** @param change the decision it carries out, if that can change the asset. */
  toAsset(bytes: Uint8Array, change: number | undefined): void {
    if (change === undefined && !this.waits) {
      this.digest.toAsset(bytes);
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

  /** @param nothingWaits then what was sent is what the tape so far explains */
  recordSometimes(nothingWaits: boolean): void {
    const count = this.digest.clientCount + this.digest.assetCount;
    if (count - this.recorded < SENT_RECORD_BYTES) return;
    if (nothingWaits && !this.waits) this.record();
  }

  /** Where nothing more will be heard: what was not given back may have left. */
  record(): void {
    const { channel, digest } = this;
    for (let next = this.waiting?.shift(); next; next = this.waiting?.shift()) {
      digest.toAsset(next.bytes);
    }
    this.recorded = digest.clientCount + digest.assetCount;
    this.tape.append({ kind: "sent", channel, to: "client", ...digest.summary("client") });
    this.tape.append({ kind: "sent", channel, to: "asset", ...digest.summary("asset") });
  }

  /** Whether a digest now would lack something that was sent. */
  private get waits(): boolean {
    return this.waiting !== undefined && this.waiting.length > 0;
  }

  private drain(): void {
    for (let next = this.waiting?.peek(); next?.change === 0; next = this.waiting?.peek()) {
      this.waiting?.shift();
      this.digest.toAsset(next.bytes);
    }
  }
}
