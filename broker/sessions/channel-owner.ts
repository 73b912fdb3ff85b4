/** What a channel asks of its session. */
import type { Effect } from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { TapeWriter } from "../evidence/recorder.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import type { Cause } from "./session.ts";

export type Decide = Extract<Effect, { kind: "decide" }>;
export type Refused = Extract<Effect, { kind: "refused" }>;

export interface ChannelOwner {
  readonly tape: TapeWriter;
  /** Classes that may pass at this instant, as bits; 0 once the session is cut. */
  readonly held: number;
  /** One answer per item. Undefined if the session ended meanwhile. */
  judge(channel: ChannelLoop, decide: Decide): readonly Judged[] | undefined;
  /** They stand on the tape under this sequence number, and the guard knows them. */
  judged(channel: ChannelLoop, decide: Decide, items: readonly Judged[], sequence: number): void;
  /** The guard refused a message that was no request: there was nothing to judge. */
  refused(channel: ChannelLoop, refused: Refused): void;
  /** Looks at deadlines too; a sentence if what waited may not leave any more. */
  obstacle(channel: ChannelLoop, decision: number, mask: number): string | undefined;
  /** Nothing more will be heard of a permitted change: it was answered, lost or withheld. */
  settled(channel: ChannelLoop, decision: number): void;
  /** The channel is over; the session goes on unless it says otherwise. */
  channelEnded(channel: ChannelLoop, cause: Cause): void;
  /** Our own fault: the session must end. */
  fault(error: unknown): void;
}
