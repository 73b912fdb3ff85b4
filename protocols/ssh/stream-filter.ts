/** A protocol inside the data of a channel (SFTP, scp), decoded and decided packet by packet. */

import type { Asked } from "../asking.ts";
import type { Operation, Outcome, Side } from "../guard.ts";
import type { ContentHash } from "../http/parts.ts";
import type { PassedOperation } from "./operation.ts";

export interface StreamFilter {
  /** It waits for the asset before it can look at more of the client's packets. */
  readonly waits: boolean;
  /** Takes a copy. False, and nothing taken, if the bytes do not fit. */
  push(from: Side, bytes: Uint8Array): boolean;
  /** Takes one packet; false if there is none whole, or none whose turn it is. */
  take(from: Side): boolean;
  backlog(from: Side): number;
  /** Files that are not closed as the channel is; told once. */
  left(): readonly PassedOperation[];
}

/** What is to be scanned before it is answered. */
export interface Content {
  readonly content?: Uint8Array;
}

/** What runs again is a tape that was made before … */
export interface OlderTape {
  /** … REALPATH of SFTP was decided. */
  readonly realpathUndecided?: boolean;
  /** … it was told what passed of a file, and SETSTAT lost what it must not set. */
  readonly passedUntold?: boolean;
  /** … what was opened was looked at again, and a link stood beside its name. */
  readonly openedUnlooked?: boolean;
}

/** What a filter can do. Bytes are data of the channel, in an array that the filter leaves to it. */
export interface FilterHost extends OlderTape {
  ask(items: readonly Operation[], asked: Asked, more?: Content): void;
  newHash(): ContentHash;
  toAsset(fresh: Uint8Array, decision: number): void;
  toClient(fresh: Uint8Array): void;
  /** Beside the protocol, for the person: few tools show what a status says. */
  say?(text: string): void;
  outcome(decision: number, outcome: Outcome): void;
  refused(why: { readonly reason: string; readonly exchanged?: true }): void;
  violate(from: Side, reason: string): void;
}
