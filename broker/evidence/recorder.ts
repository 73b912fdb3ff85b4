/** What sessions see of the evidence: a writer per session whose order is the tape's order. */
import type { Header, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";

/** Why nothing can be recorded now; each state is shown to people with its cause. */
export type RecorderState =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly cause: string; readonly sinceMs: number };

export interface Recorder {
  /** Begins a recording. The header is durable when this resolves; throws `RecorderUnavailable` if it cannot be. */
  open(header: Header): Promise<TapeWriter>;
  readonly state: RecorderState;
  /** Called on each change of `state`. Returns an unsubscribe function. */
  onState(listener: (state: RecorderState) => void): () => void;
}

/** The right to write one session's tape. */
export interface TapeWriter {
  /**
   * Puts a record on the tape, in the order of the calls, synchronously and without waiting for
   * the disk. Copies what it needs. Answers the record's sequence number. While nothing can be
   * written it buffers nothing and remembers the gap; while only sealing has failed, the state
   * says so and records still go to the write-ahead. Throws once the tape is closed.
   *
   * `atOnce`: it follows from the record before it, in the same call, and has its time: asking the
   * clock costs as much as writing a record.
   */
  append(body: TapeBody, atOnce?: true): number;
  /** When the last record was appended, on the broker's monotonic clock. */
  readonly atMs: number;
  /**
   * Calls back (never synchronously) when every record appended so far is durable on disk, or
   * with an error when that cannot be promised any more. One group commit serves all sessions.
   * Called in the turn of the `append` it is about; callbacks come in the order of the calls.
   */
  whenDurable(done: (error: Error | undefined) => void): void;
  /** Tail of the tape for watchers, as it is appended; byte arrays in it are valid only during the call. Returns an unsubscribe function. */
  follow(listener: (record: TapeRecord) => void): () => void;
  /** Bytes of the tape so far, before compression. */
  readonly length: number;
  /**
   * The disk takes less than is appended, or sealing does: whoever can should read less until
   * `whenCaughtUp` calls back. Else nothing can be appended soon, and a gap begins.
   */
  readonly isBehind?: boolean;
  /** Calls back (never synchronously) when it is worth looking at `isBehind` again. */
  whenCaughtUp?(done: () => void): void;
  /** Closes by the same function as a crash recovery does. Resolves once sealed and durable. */
  close(): Promise<void>;
}

export class RecorderUnavailable extends Error {
  override readonly name = "RecorderUnavailable";
}
