/** Columns of the tables about recordings; the recordings themselves are files. */

export interface RecordingCommentsTable {
  id: string;
  recording: string;
  /** The record of the tape that it is about, and its time. */
  sequence: number;
  wall_ms: number;
  text: string;
  person_id: string;
  at_ms: number;
  withdrawn_ms: number | null;
  withdrawn_why: string | null;
}

export interface RecordingSharesTable {
  id: string;
  /** SHA-256 of the token. */
  token_hash: string;
  recording: string;
  /** Times of the recording within which it may be seen; null: all of it. */
  from_ms: number | null;
  until_ms: number | null;
  recipient: string;
  reason: string;
  made_by: string;
  made_ms: number;
  ends_ms: number;
  revoked_ms: number | null;
  revoked_by: string | null;
}

export type ViewHow = "replay" | "live" | "link";

export interface RecordingViewsTable {
  id: string;
  recording: string;
  how: ViewHow;
  /** One of the two. */
  person_id: string | null;
  share_id: string | null;
  address: string;
  /** When somebody looked, as far as is known. */
  from_ms: number;
  until_ms: number;
  /** Times of the recording whose parts were fetched; null: only its index. */
  seen_from_ms: number | null;
  seen_until_ms: number | null;
}
