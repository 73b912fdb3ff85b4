/**
 * The live channel: socket.io on path `/api/live`, websocket only, one socket a browser page.
 *
 * Flow control: the broker sends at most `LIVE_CREDIT_BYTES` of `bytes` and `tape` per session
 * beyond what the page has returned by `credit`, from its renderer's own callback. An owner's
 * asset is then read no faster; a watcher that stays behind for `WATCHER_SLOW_MS` is dropped.
 */
import type { SessionEvent } from "../../sessions/session.ts";
import type { CauseView } from "./sessions.ts";

export const LIVE_CREDIT_BYTES = 262_144;

export type LiveAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface FromBrowser {
  /** The owner takes (or takes back) the session's workbench; opens its channel. */
  attach(session: string, done: (answer: LiveAnswer) => void): void;
  /** Protocol bytes of the workbench, for the guard. */
  bytes(session: string, bytes: Uint8Array): void;
  /** The person touched something (at most one a second): keeps idle away. */
  activity(session: string): void;
  /** This many bytes of `bytes` or `tape` were consumed. */
  credit(session: string, bytes: number): void;
  /**
   * Follows the tape of a live session from the record with this sequence number (history first,
   * then live, without gap or duplicate).
   */
  watch(session: string, fromSequence: number, done: (answer: LiveAnswer) => void): void;
  unwatch(session: string): void;
  /**
   * Of a page that watches: a person sees it (said every few seconds), or it was hidden. Only who
   * is there counts as a supervisor who watches.
   */
  presence(session: string, here: boolean): void;
}

export interface FromBroker {
  /** Bytes that the guard sent to the client. */
  bytes(session: string, bytes: Uint8Array): void;
  event(session: string, event: SessionEvent): void;
  /** Encoded tape records (header first), for watchers. */
  tape(session: string, encoded: Uint8Array): void;
  /** A watcher was dropped or the session is over for it. */
  unwatched(session: string, cause: CauseView): void;
  /** Something that a list shows has changed: fetch again. */
  changed(
    topic:
      | "plant"
      | "sessions"
      | "grants"
      | "requests"
      | "people"
      | "recordings"
      | "events"
      | "holds"
      | "consents"
      | "alarms"
      | "locks"
      | "break-glass",
  ): void;
  /** The sign-in ended: the page must go to the sign-in page and say why. */
  signedOut(cause: CauseView): void;
}
