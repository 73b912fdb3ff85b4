/**
 * What a recording holds: the inputs of a session's guards in order, and what explains them.
 *
 * A tape is replayed by feeding `bytes`, `verdict` and `event` records of one channel to a new
 * guard of its protocol. Everything else (values, pictures, indexes) is derived from it.
 */

import type { Answer, GuardEvent, Operation, OperationClass, Side } from "../guard.ts";
import type { LeftDown } from "../rfb/left-down.ts";
import type { ScreenPage } from "../rfb/screen-page.ts";

/** Version of the encoding in `codec.ts`; a reader keeps every older one readable. */
export const TAPE_VERSION = 1;

/** Reason of a hold that waits for a value of the asset and for no person. */
export const AWAITS_VALUE = "reading the current value";

/** Reason of a permit that is given on condition: the content must be scanned first. */
export const TO_BE_SCANNED = "its content is scanned first";

/** Reason of a hold that waits for the scanner and for no person. */
export const AWAITS_SCAN = "its content is being scanned";

/** Of something held: whether a person is asked, and not the asset or the scanner. */
export function awaitsPerson({ reason }: { readonly reason: string }): boolean {
  return reason !== AWAITS_VALUE && reason !== AWAITS_SCAN;
}

/** Times of a record. Milliseconds; `wallMs` since the epoch, `monotonicMs` since the session began. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The first record of a tape and of each segment: who, what, under which right, by which build. */
export interface Header {
  readonly version: typeof TAPE_VERSION;
  readonly build: string;
  readonly session: string;
  readonly site: string;
  readonly subject: {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly string[];
  };
  readonly asset: { readonly id: string; readonly name: string; readonly zone: string };
  readonly endpoint: { readonly id: string; readonly protocol: string };
  readonly grant: {
    readonly id: string;
    readonly profile: string;
    readonly until: number;
    /** The grant was opened by breaking the glass: nobody had agreed to it. */
    readonly breakGlass?: true;
  };
  /** SHA-256 (hex) of the canonical profile and of the plant file that were in force. */
  readonly digests: { readonly profile: string; readonly plant: string };
  /** The points named for this endpoint when the session began, as the player shows them. */
  readonly tags: readonly HeaderTag[];
  /** Pages of the screen that clicks were judged by; absent where they were not. */
  readonly pages?: readonly ScreenPage[];
  /** Nodes of whose contents rules speak; the guard of OPC UA asks what lies below them. */
  readonly places?: readonly string[];
  /** Of SSH: what REALPATH asks for was decided. Older tapes, on which it was not, say nothing. */
  readonly decidesRealpath?: true;
  /** Of SSH: it is told what passed of a file, with its digest. */
  readonly tellsPassed?: true;
  /** Of SSH: what SFTP opened was looked at again. Older ones did not. */
  readonly looksAgain?: true;
  /** Of a web panel: bodies of JSON were read, value by value. */
  readonly readsJson?: true;
  /** Of a web panel: names of fields that requests may have besides those that every panel gets. */
  readonly moreFields?: readonly string[];
  /** What an earlier session left pressed on the screen, for this one of the broker's to let go of. */
  readonly leftDown?: LeftDown;
  /** The session that this one was opened beside: both are of one visit. Absent on the first. */
  readonly visit?: string;
  readonly startedMs: number;
}

/** A tag as far as a player needs it to turn registers into a named value. */
export interface HeaderTag {
  readonly name: string;
  readonly unitId: number;
  readonly table: string;
  readonly address: number;
  readonly type: string;
  readonly wordOrder: string;
  readonly scale: number;
  readonly offset: number;
  readonly unit: string;
  /** The words of raw values. Older tapes have none. */
  readonly states?: readonly { readonly value: number; readonly word: string }[];
  /** Read before and after the session, for the report of what it changed. */
  readonly report?: true;
  /** Of OPC UA: the node, as operations name it; what says where registers are means nothing then. */
  readonly node?: string;
}

/** One item of a decision: what was asked, the answer, and the rule that gave it. */
export interface Judged {
  readonly operation: Operation;
  readonly answer: Answer;
  /** The rule's name, for example `pump-tuning#2`, `capabilities` or `default-deny`. */
  readonly rule: string;
  /** In plain words, for a person; empty where the rule's name says it all. */
  readonly reason: string;
}

export type TapeBody =
  | {
      readonly kind: "bytes";
      readonly channel: number;
      readonly from: Side;
      readonly bytes: Uint8Array;
    }
  /** Settles the `decide` with this id. A held one has a second record with the same id. */
  | {
      readonly kind: "verdict";
      readonly channel: number;
      readonly decision: number;
      readonly items: readonly Judged[];
    }
  /** A guard event with its cause in words (`grant ended`, `asset did not answer within 2000 ms`). */
  | {
      readonly kind: "event";
      readonly channel: number;
      readonly event: GuardEvent;
      readonly cause: string;
    }
  /** A channel began; `by` is `broker` for the channel of probes. */
  | {
      readonly kind: "channel";
      readonly channel: number;
      readonly protocol: string;
      readonly by: "subject" | "broker";
      readonly peer: string;
    }
  /** Running count and SHA-256 (hex) of all bytes handed to this side's leg so far. */
  | {
      readonly kind: "sent";
      readonly channel: number;
      readonly to: Side;
      readonly count: number;
      readonly sha256: string;
    }
  /** Classes held by the session changed; the first one opens the session. */
  | {
      readonly kind: "capabilities";
      readonly classes: readonly OperationClass[];
      readonly cause: string;
      /** What was decided on, with the digest of the policies: canonical JSON, to decide it again. */
      readonly basis?: string;
    }
  /** Someone joined or left to watch. */
  | { readonly kind: "watch"; readonly subject: string; readonly joined: boolean }
  /** Recording was interrupted between these times (ms since the epoch). */
  | {
      readonly kind: "gap";
      readonly fromMs: number;
      readonly untilMs: number;
      readonly cause: string;
    }
  /** The last record. `rule` is what ended it, for example `grant-end`, `cut`, `client-closed`. */
  | { readonly kind: "end"; readonly rule: string; readonly reason: string };

/** A record as read back. `sequence` counts from 0 within the session; the header is not counted. */
export type TapeRecord = Moment & { readonly sequence: number } & TapeBody;
