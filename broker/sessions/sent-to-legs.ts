/** What both legs of a channel were handed, as counts and hashes that go on its tape. */
import type { TapeWriter } from "../evidence/recorder.ts";
import { SentDigest } from "./sent-digest.ts";
import { SentToAsset } from "./sent-to-asset.ts";

/** A `sent` record at least this often, so that a re-run can tell where it began to differ. */
const SENT_RECORD_BYTES = 262_144;

export class SentToLegs {
  readonly client = new SentDigest();
  readonly asset = new SentToAsset();
  private readonly tape: Pick<TapeWriter, "append">;
  private readonly channel: number;
  private recorded = 0;

  constructor(tape: Pick<TapeWriter, "append">, channel: number) {
    this.tape = tape;
    this.channel = channel;
  }

  /** @param nothingWaits then what was sent is what the tape so far explains */
  recordSometimes(nothingWaits: boolean): void {
    const count = this.client.count + this.asset.count;
    if (count - this.recorded < SENT_RECORD_BYTES) return;
    if (nothingWaits && !this.asset.waits) this.record();
  }

  record(): void {
    const { channel } = this;
    this.recorded = this.client.count + this.asset.count;
    this.tape.append({ kind: "sent", channel, to: "client", ...this.client.summary() });
    this.tape.append({ kind: "sent", channel, to: "asset", ...this.asset.summary() });
  }
}
