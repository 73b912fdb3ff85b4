/** Reading side of the evidence: the recordings folder is the listing, whatever became of the session. */
import type { Header } from "../../protocols/tape/record.ts";
import type { Hold } from "./descriptions.ts";

export type RecordingState = "open" | "sealed" | "gap" | "aborted";

/** Cause of one whose end is not known yet, though nobody records it any more. */
export const NOT_CLOSED_YET = "This recording is not closed yet; what is sealed of it can be read.";

/** One folder of a session. */
export interface Recording {
  readonly header: Header;
  readonly state: RecordingState;
  /** Why it is in this state, in words. */
  readonly cause: string;
  readonly startedMs: number;
  /** Time of the last record known. */
  readonly endedMs: number;
  readonly records: number;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly segments: readonly SegmentEntry[];
  /** Numbers of interest for lists, counted while recording. */
  readonly counts: RecordingCounts;
  /** Who keeps it from being deleted by policy, and why. */
  readonly hold: Hold | undefined;
  /** Set once it was deleted by policy: there are no segments any more. */
  readonly deletedMs: number | undefined;
}

export interface RecordingCounts {
  readonly observed: number;
  /** Permitted operations from `operate` up. */
  readonly changed: number;
  readonly refused: number;
  readonly held: number;
}

/** Sequence and times are of the first and last record of the segment. */
export interface SegmentEntry {
  readonly number: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Bytes on disk; 0 while the segment is still open. */
  readonly bytes: number;
  /** SHA-256 (hex) of the bytes on disk; empty while open. */
  readonly sha256: string;
  /** Moments worth jumping to, in order. */
  readonly marks: readonly Mark[];
}

export interface Mark {
  readonly sequence: number;
  readonly wallMs: number;
  readonly kind: "write" | "refusal" | "hold" | "answer" | "capabilities" | "gap" | "end";
}

/** As much of a recording as a list is narrowed by. */
export interface RecordingHead {
  readonly session: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly state: RecordingState;
  /** Id. */
  readonly subject: string;
  readonly subjectName: string;
  /** Id. */
  readonly asset: string;
  readonly assetName: string;
  readonly zone: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  /** Why it is in its state, in words. */
  readonly cause: string;
  /** Id. */
  readonly grant: string;
  readonly breakGlass: boolean;
  /** As in the header. */
  readonly visit?: string;
}

export interface RecordingsPage {
  /** Goes on behind this session, which a page before ended with. */
  readonly after?: string;
  readonly limit: number;
  wanted(head: RecordingHead): boolean;
}

export interface Recordings {
  list(): Promise<readonly Recording[]>;
  /** The newest first. Reads what it answers, and of closed ones nothing else once it knows them. */
  page(page: RecordingsPage): Promise<readonly Recording[]>;
  /** As `page` without reading what it answers; in no order. */
  heads(wanted: (head: RecordingHead) => boolean): Promise<readonly RecordingHead[]>;
  get(session: string): Promise<Recording | undefined>;
  /**
   * Records of one segment, decrypted and decompressed, as `protocols/tape/codec.ts` reads them:
   * header first. Includes what is not sealed yet. Undefined if there is no such segment.
   */
  segment(session: string, number: number): Promise<Uint8Array | undefined>;
  /**
   * What the registers held when the segment began, as `key-frame.ts` writes it. Undefined where
   * there is no frame: what the segment before it tells stands for it.
   */
  frame(session: string, number: number): Promise<Uint8Array | undefined>;
  /** Somebody begins to play it: its parts are opened before they are asked for. */
  warm(session: string): void;
  /** Keeps it from being deleted. False if there is nothing to keep. */
  hold(session: string, hold: Hold): Promise<boolean>;
  /** False if it was not held. */
  release(session: string): Promise<boolean>;
}
